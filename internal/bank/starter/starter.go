// Package starter carries the bank that a new installation begins with:
// thirty questions in each of the six domains, ten of each difficulty, enough
// for several different adaptive tests.
//
// The questions come from the generators of package rulebased, whose solvers
// prove every key, and are stored in starter.jsonl in the format of package
// bankfile. Their external references read starter:DOMAIN:SUBTYPE:NUMBER. Their
// parameters are provisional: rulebased says how they were set.
//
// After a change to a generator, run go generate in this directory. Questions
// whose wording or key changes must get a new reference once the bank has been
// used; a new seed is a new bank.
package starter

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/bank/rulebased"
	"github.com/aiqhq/aiq/internal/vocab"
)

//go:generate go run ./generate

// FileName is the file of the bank in this directory.
const FileName = "starter.jsonl"

const (
	seed = 20250901
	// perCell is the number of questions for each domain and difficulty.
	perCell = 10
)

//go:embed starter.jsonl
var file []byte

// Records returns the questions of the bank, easiest first within each domain.
func Records() ([]bankfile.Record, error) {
	records, err := bankfile.ReadAll(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("read the starter bank: %w", err)
	}
	return records, nil
}

// Compose draws the bank anew, as go generate writes it.
func Compose() ([]bankfile.Record, error) {
	questions, err := rulebased.Compose(seed, perCell)
	if err != nil {
		return nil, fmt.Errorf("compose the starter bank: %w", err)
	}
	numbered := map[string]int{}
	records := make([]bankfile.Record, len(questions))
	for i, q := range questions {
		kind := strings.ToLower(string(q.Domain)) + ":" + q.SubType
		numbered[kind]++
		records[i] = bankfile.Record{
			ExternalRef: fmt.Sprintf("starter:%s:%04d", kind, numbered[kind]),
			Domain:      q.Domain,
			Difficulty:  q.Difficulty,
			SubType:     q.SubType,
			Stimulus:    q.Stimulus,
			Text:        q.Text,
			Options:     q.Options,
			Key:         q.Key,
			Explanation: q.Explanation,
			Source:      q.Source,
			Parameters:  &bankfile.Parameters{Model: vocab.TwoParameter, A: q.A, B: q.B, Provisional: true},
		}
	}
	return records, nil
}
