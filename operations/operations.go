// Package operations holds the documents that apps send, one operation for each
// screen. They are the server's first trusted documents.
package operations

import (
	"embed"
	"io/fs"
)

//go:embed console/*.graphql mobile/*.graphql
var files embed.FS

// Files are the documents, in a folder for each app.
func Files() fs.FS { return files }
