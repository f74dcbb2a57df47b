// Package snapshot makes one look at a server: who holds the connections, what they run and wait for, who blocks whom, and what the playbooks
// see, as text for a terminal, as markdown for a chat message, or as JSON.
//
// What leaves the machine is redacted: see Snapshot.Redacted.
//
// # JSON
//
// The fields of Snapshot and of the types it is made of are the JSON's names. They are stable: fields may be added, none changes its meaning.
// Units stand in the names (_s seconds, _ms milliseconds, _bytes); null is unknown, never 0; an empty list is known to be empty. Ids of statements
// are strings, because they have 64 bits and a JSON number in many readers has 53.
package snapshot
