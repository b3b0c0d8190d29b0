package bank

import (
	"context"
	"fmt"
	"slices"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// Imported counts what an import did.
type Imported struct {
	// Added questions were new.
	Added int
	// Known questions were there already, by external reference, and were left
	// as they are.
	Known int
}

// importChunk is the number of rows written by one statement.
const importChunk = 500

// Import adds the questions of a bank file, all or none. A question whose external
// reference is known already is left alone, so an import may be repeated.
// Parameters become current.
func Import(ctx context.Context, st *store.Store, now clock.Clock, records []bankfile.Record) (Imported, error) {
	var out Imported
	err := st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = Imported{}
		for part := range slices.Chunk(records, importChunk) {
			added, err := importPart(ctx, tx, now, part)
			if err != nil {
				return err
			}
			out.Added += added
			out.Known += len(part) - added
		}
		return nil
	})
	if err != nil {
		return Imported{}, fmt.Errorf("import questions: %w", err)
	}
	return out, nil
}

func importPart(ctx context.Context, tx *store.Tx, now clock.Clock, records []bankfile.Record) (int, error) {
	refs := make([]string, len(records))
	for i, r := range records {
		refs[i] = r.ExternalRef
	}
	known, err := tx.Question.Query().
		Where(predicate.Question(store.InStrings(question.FieldExternalRef, refs))).
		Select(question.FieldExternalRef).Strings(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for known questions: %w", err)
	}
	fresh := slices.DeleteFunc(slices.Clone(records), func(r bankfile.Record) bool {
		return slices.Contains(known, r.ExternalRef)
	})
	if len(fresh) == 0 {
		return 0, nil
	}

	at := now()
	questions := make([]*db.QuestionCreate, len(fresh))
	for i, r := range fresh {
		questions[i] = tx.Question.Create().
			SetExternalRef(r.ExternalRef).SetSource(sourceOf(r)).
			SetNillableText(optional(r.Text)).SetNillableStimulus(optional(r.Stimulus)).
			SetOptions(r.Options).SetKey(r.Key).SetNillableExplanation(optional(r.Explanation)).
			SetDomain(r.Domain).SetDifficulty(r.Difficulty).SetNillableSubType(optional(r.SubType)).
			SetCreatedAt(at).SetChangedAt(at)
	}
	rows, err := tx.Question.CreateBulk(questions...).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("add questions: %w", err)
	}
	ids := make(map[string]ident.Question, len(rows))
	for _, row := range rows {
		ids[*row.ExternalRef] = row.ID
	}
	var parameters []*db.ItemParametersCreate
	for _, r := range fresh {
		if p := r.Parameters; p != nil {
			parameters = append(parameters, tx.ItemParameters.Create().SetQuestionID(ids[r.ExternalRef]).
				SetModel(p.Model).SetDiscrimination(p.A).SetDifficulty(p.B).SetGuessing(p.C).
				SetProvisional(p.Provisional).SetCreatedAt(at))
		}
	}
	if len(parameters) > 0 {
		if err := tx.ItemParameters.CreateBulk(parameters...).Exec(ctx); err != nil {
			return 0, fmt.Errorf("add item parameters: %w", err)
		}
	}
	return len(fresh), nil
}

// sourceOf is the record's source, or "import" where it names none.
func sourceOf(r bankfile.Record) string {
	if r.Source == "" {
		return "import"
	}
	return r.Source
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
