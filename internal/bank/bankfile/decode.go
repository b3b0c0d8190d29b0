package bankfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/aiqhq/aiq/internal/vocab"
)

// field says where a named value of a JSON object goes.
type field struct {
	name     string
	into     any
	required bool
}

// decodeRecord turns a line into a record that keeps every rule of the format
// but the one on distinct references.
func decodeRecord(line []byte) (Record, []Problem) {
	var ps problems
	if !utf8.Valid(line) {
		ps.add("", RuleEncoding, "not UTF-8")
		return Record{}, ps
	}
	var (
		r          Record
		options    []json.RawMessage
		parameters json.RawMessage
	)
	decodeObject(&ps, "", line, []field{
		{"external_ref", &r.ExternalRef, true},
		{"domain", &r.Domain, true},
		{"difficulty", &r.Difficulty, true},
		{"sub_type", &r.SubType, false},
		{"stimulus", &r.Stimulus, false},
		{"text", &r.Text, false},
		{"options", &options, true},
		{"key", &r.Key, true},
		{"explanation", &r.Explanation, false},
		{"source", &r.Source, false},
		{"parameters", &parameters, false},
	})
	for i, raw := range options {
		var o vocab.Option
		decodeObject(&ps, fmt.Sprintf("options[%d]", i), raw, []field{
			{"id", &o.ID, true},
			{"label", &o.Label, true},
		})
		r.Options = append(r.Options, o)
	}
	if parameters != nil {
		r.Parameters = new(Parameters)
		decodeObject(&ps, "parameters", parameters, []field{
			{"model", &r.Parameters.Model, true},
			{"a", &r.Parameters.A, true},
			{"b", &r.Parameters.B, true},
			{"c", &r.Parameters.C, false},
			{"provisional", &r.Parameters.Provisional, false},
		})
	}
	if len(ps) == 0 { // a value that could not be read would be reported twice
		ps = r.Validate()
	}
	return r, ps
}

// decodeObject reads one JSON object strictly. It walks the tokens itself
// because encoding/json forgives repeated names, null and other letter case.
func decodeObject(ps *problems, path string, raw []byte, fields []field) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		ps.add(path, RuleJSON, "not a JSON object")
		return
	}
	seen := make(map[string]bool, len(fields))
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			ps.add(path, RuleJSON, "%v", err)
			return
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			ps.add(path, RuleJSON, "%v", err)
			return
		}
		key, _ := name.(string) // the decoder gives nothing else in this place
		at := join(path, key)
		f, known := find(fields, key)
		switch {
		case !known:
			ps.add(at, RuleKnownField, "not a field of the format")
		case seen[key]:
			ps.add(at, RuleOnce, "given twice")
		default:
			seen[key] = true
			assign(ps, at, value, f.into)
		}
	}
	if _, err := dec.Token(); err != nil {
		ps.add(path, RuleJSON, "the object is not closed")
		return
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		ps.add(path, RuleJSON, "something follows the object")
	}
	for _, f := range fields {
		if f.required && !seen[f.name] {
			ps.add(join(path, f.name), RuleRequired, "missing")
		}
	}
}

func assign(ps *problems, at string, value json.RawMessage, into any) {
	if string(value) == "null" {
		ps.add(at, RuleType, "null; leave the field out instead")
		return
	}
	if string(value) == `""` {
		ps.add(at, RuleNotBlank, "blank")
		return
	}
	if err := json.Unmarshal(value, into); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			ps.add(at, RuleType, "a %s does not fit", mismatch.Value)
			return
		}
		ps.add(at, RuleType, "%v", err)
	}
}

func find(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
