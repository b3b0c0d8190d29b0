package worksheet

import "fmt"

// Error is a fault in a file.
type Error struct {
	// File is the name the file was opened under.
	File string
	// Row is the line of the file, the header being row 1. 0 means the file as a whole.
	Row int
	// Column is the column's name; empty means the row as a whole.
	Column string
	// Problem says what is wrong.
	Problem string
}

// Error names file, row and column and the problem.
func (e *Error) Error() string {
	at := e.File
	if e.Row > 0 {
		at += fmt.Sprintf(", row %d", e.Row)
	}
	if e.Column != "" {
		at += ", column " + e.Column
	}
	return at + ": " + e.Problem
}
