// Package snapshot makes one look at a server: who holds the connections, what they run and wait for, who blocks whom, and what the playbooks
// see, as text for a terminal, as markdown for a chat message, or as JSON.
//
// What leaves the machine is redacted: see Snapshot.Redacted.
//
// # JSON
//
// The fields of Snapshot and of the types it is made of are the JSON's names. They are stable: fields may be added, none changes its meaning.
// Units stand in the names (_s seconds, _ms milliseconds, _bytes). Ids of statements are strings, because they have 64 bits and a JSON number in many
// readers has 53.
//
// null is unknown where the field says nothing else. An empty list is known to be empty: where nothing was seen and this role does not see everything, it is
// null. A list that is not empty, and a count of states, is of what this role sees; state_hidden says how many sessions it does not see, blind what is
// missing besides. A list that may be cut has its full number beside it, in …_total or more.
package snapshot
