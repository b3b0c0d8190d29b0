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
	// Different are the references of those of them that the file has otherwise:
	// another wording, other options or another key.
	Different []string
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
			if err := out.add(ctx, tx, now, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Imported{}, fmt.Errorf("import questions: %w", err)
	}
	return out, nil
}

// add adds those of the records that are not known.
func (i *Imported) add(ctx context.Context, tx *store.Tx, now clock.Clock, records []bankfile.Record) error {
	refs := make([]string, len(records))
	for n, r := range records {
		refs[n] = r.ExternalRef
	}
	rows, err := tx.Question.Query().
		Where(predicate.Question(store.InStrings(question.FieldExternalRef, refs))).All(ctx)
	if err != nil {
		return fmt.Errorf("look for known questions: %w", err)
	}
	known := make(map[string]*db.Question, len(rows))
	for _, row := range rows {
		known[*row.ExternalRef] = row
	}
	var fresh []bankfile.Record
	for _, r := range records {
		row := known[r.ExternalRef]
		switch {
		case row == nil:
			fresh = append(fresh, r)
		case !same(row, r):
			i.Different = append(i.Different, r.ExternalRef)
		}
	}
	i.Added += len(fresh)
	i.Known += len(rows)
	if len(fresh) == 0 {
		return nil
	}
	return insert(ctx, tx, now, fresh)
}

// same reports whether the question is what the record says. Parameters are left
// out of it: those in force may be from a calibration.
func same(q *db.Question, r bankfile.Record) bool {
	is := func(stored *string, told string) bool {
		return stored == nil && told == "" || stored != nil && *stored == told
	}
	return is(q.Text, r.Text) && is(q.Stimulus, r.Stimulus) && slices.Equal(q.Options, r.Options) && q.Key == r.Key &&
		is(q.Explanation, r.Explanation) && q.Domain == r.Domain && q.Difficulty == r.Difficulty &&
		is(q.SubType, r.SubType) && q.Source == sourceOf(r)
}

// insert adds questions that are new, with their parameters.
func insert(ctx context.Context, tx *store.Tx, now clock.Clock, fresh []bankfile.Record) error {
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
		return fmt.Errorf("add questions: %w", err)
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
			return fmt.Errorf("add item parameters: %w", err)
		}
	}
	return nil
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
