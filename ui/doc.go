// Package ui is the workbench: it draws what the samples show and routes the keys. It does no input or output but inside a tea.Cmd, sends no SQL, and
// changes nothing on a server but through the playbooks' engine and its typed confirmation.
//
// One model stands at the root (App). A mode says who has the keys; one table of actions (actions.go) feeds the keys, the footer, the help, the
// palette and the documentation; the panes are plain structs of package panes.
package ui
