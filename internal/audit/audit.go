// Package audit keeps who changed what. An entry is written in the transaction
// of the change, so that there is none without the other, and is never altered.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/requestid"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Entry is one change.
type Entry struct {
	Action vocab.AuditAction
	// Target is what was changed.
	Target ident.Global
	// Changes are what became of its fields, nil for an action that is none of its
	// fields' business; those that stayed as they were are left out of what is kept.
	// Secrets are not told.
	Changes []Change
	// Reason is why, "" if none was given.
	Reason string
}

// Change is what became of a field: its name in the GraphQL schema, and the
// values before and after, nil for none.
type Change struct {
	Field         string
	Before, After any
}

// Record keeps the entry, with the one who asked as its actor: an administrator,
// a service, or, for the anonymous viewer within the process, the operator. Where
// every field stayed as it was there was no change, and nothing is kept.
func Record(ctx context.Context, tx *store.Tx, by auth.Viewer, at time.Time, e Entry) error {
	changes, err := kept(e.Changes)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	if e.Changes != nil && len(changes) == 0 {
		return nil
	}
	row := tx.AuditEntry.Create().
		SetAction(e.Action).SetTargetKind(string(e.Target.Kind)).SetTargetKey(e.Target.Key).
		SetChanges(changes).SetCreatedAt(at)
	switch {
	case by.Key != nil:
		row.SetActorKind(vocab.ActorService).SetAPIKeyID(by.Key.ID)
	case by.User != nil:
		row.SetActorKind(vocab.ActorUser).SetActorID(by.User.ID)
	default:
		row.SetActorKind(vocab.ActorOperator)
	}
	if e.Reason != "" {
		row.SetReason(e.Reason)
	}
	if id := requestid.From(ctx); id != "" {
		row.SetRequestID(id)
	}
	if address := auth.Address(ctx); address != "" {
		row.SetAddress(address)
	}
	if err := row.Exec(ctx); err != nil {
		return fmt.Errorf("record %s: %w", e.Action, err)
	}
	return nil
}

// kept are the changes of fields that did not stay as they were, as they are
// stored.
func kept(changes []Change) ([]vocab.FieldChange, error) {
	out := []vocab.FieldChange{}
	for _, c := range changes {
		before, err := encoded(c.Before)
		if err != nil {
			return nil, err
		}
		after, err := encoded(c.After)
		if err != nil {
			return nil, err
		}
		if before != after {
			out = append(out, vocab.FieldChange{Field: c.Field, Before: some(before), After: some(after)})
		}
	}
	return out, nil
}

// encoded is the value as JSON.
func encoded(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}

// some is nil for no value.
func some(text string) *string {
	if text == "null" {
		return nil
	}
	return &text
}
