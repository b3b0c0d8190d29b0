// Package document holds trusted documents: operations that are known before
// they are sent. A client names one by the SHA-256 of its text instead of sending
// it, and an operator may refuse all others.
package document

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/aiqhq/aiq/internal/fault"
)

// Document is the text of one operation, with the fragments that it uses.
type Document struct {
	// Name is the path of its file, such as mobile/home.graphql.
	Name string
	// Hash is the SHA-256 of the text in lower-case hexadecimal.
	Hash string
	Text string
}

// Set is a set of documents. The zero value is empty.
type Set struct{ byHash map[string]Document }

// Read adds every .graphql file under the root of the file system.
func (s *Set) Read(fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".graphql" {
			return err
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read document: %w", err)
		}
		if s.byHash == nil {
			s.byHash = map[string]Document{}
		}
		d := Document{Name: name, Hash: hash(string(raw)), Text: string(raw)}
		s.byHash[d.Hash] = d
		return nil
	})
}

// All are the documents in the order of their names.
func (s *Set) All() []Document {
	all := make([]Document, 0, len(s.byHash))
	for _, d := range s.byHash {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Document) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Extension lets clients name documents of the set in the way of persisted
// queries (extensions.persistedQuery.sha256Hash, version 1); an unknown hash
// without a text is answered NOT_FOUND. With only, operations outside the set
// are answered FORBIDDEN.
func (s *Set) Extension(only bool) graphql.HandlerExtension { return &extension{set: s, only: only} }

type extension struct {
	set  *Set
	only bool
}

var _ graphql.OperationParameterMutator = &extension{}

func (*extension) ExtensionName() string                   { return "TrustedDocuments" }
func (*extension) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters puts the text of the document in the place of its hash.
func (e *extension) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	named, err := persisted(p.Extensions)
	if err != nil {
		return refused(err)
	}
	if p.Query != "" && named != "" && named != hash(p.Query) {
		return refused(fault.Invalid("extensions.persistedQuery.sha256Hash", "hash", "The hash is not that of the document."))
	}
	switch known, ok := e.set.byHash[cmp.Or(named, hash(p.Query))]; {
	case ok:
		p.Query = known.Text
	case named != "" && p.Query == "":
		return refused(fault.Missing("Document"))
	case e.only:
		return refused(fault.New(fault.Forbidden, "This server executes only the documents that it knows."))
	}
	return nil
}

// persisted is the hash by which the request names its document, "" if it does not.
func persisted(extensions map[string]any) (string, *fault.Error) {
	given, ok := extensions["persistedQuery"]
	if !ok || given == nil {
		return "", nil
	}
	fields, _ := given.(map[string]any)
	text, _ := fields["sha256Hash"].(string)
	if version := fmt.Sprint(fields["version"]); version != "1" || len(text) != 2*sha256.Size {
		return "", fault.Invalid("extensions.persistedQuery", "form", "A persisted query has version 1 and a SHA-256 in hexadecimal.")
	}
	return strings.ToLower(text), nil
}

// refused is the fault as gqlgen takes a refusal before an operation runs: with a
// code of its own, by which the transports know that nothing was executed.
func refused(f *fault.Error) *gqlerror.Error {
	return &gqlerror.Error{Message: f.Message, Err: f, Extensions: map[string]any{"code": errcode.ValidationFailed}}
}
