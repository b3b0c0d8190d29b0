// Command generate writes the starter bank into the directory it is run in.
package main

import (
	"bytes"
	"log"
	"os"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/bank/starter"
)

func main() {
	log.SetFlags(0)
	records, err := starter.Compose()
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := bankfile.Write(&file, records); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(starter.FileName, file.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
