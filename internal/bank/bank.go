// Package bank keeps the questions: what tests may draw from, held in memory as
// an immutable snapshot, and the import of new ones.
package bank

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Bank gives the current snapshot of the questions that tests may draw from.
type Bank struct {
	store   *store.Store
	rules   cat.Rules
	current atomic.Pointer[Snapshot]
	// refreshing lets one reader at a time look for changes.
	refreshing sync.Mutex
}

// Snapshot is the bank at one moment, ready for choosing. It is immutable.
type Snapshot struct {
	// Engine chooses among the questions that have parameters in force.
	Engine *cat.Engine
	// EngineRevision names what the engine holds, for replaying its choices. It is 0
	// while it could not be recorded.
	EngineRevision ident.EngineRevision
	readiness      Readiness
	questions      map[ident.Question]Question
	revision       revision
}

// Question is what scoring an answer needs.
type Question struct {
	Options []vocab.Option
	Key     string
	Domain  vocab.Domain
	// Memory questions show a stimulus first and hide it before the question.
	Memory bool
	// Item is the question as the engine sees it; its discrimination is 0 while
	// the question has no parameters.
	Item cat.Item
}

// Offers reports whether the question has an option of that id.
func (q Question) Offers(option string) bool {
	for _, o := range q.Options {
		if o.ID == option {
			return true
		}
	}
	return false
}

// Question is the question of that id. One that was taken out of use after it was
// served is no longer in the snapshot; it is read through the client, with the
// parameters that were in force last.
func (s *Snapshot) Question(ctx context.Context, client *db.Client, id ident.Question) (Question, error) {
	found, err := s.Questions(ctx, client, []ident.Question{id})
	return found[id], err
}

// Questions is Question for many, with two statements for all that are not in the
// snapshot. It fails if there is no question of one of the ids.
func (s *Snapshot) Questions(ctx context.Context, client *db.Client, ids []ident.Question) (map[ident.Question]Question, error) {
	out := make(map[ident.Question]Question, len(ids))
	var outside []ident.Question
	for _, id := range ids {
		if q, ok := s.questions[id]; ok {
			out[id] = q
		} else {
			outside = append(outside, id)
		}
	}
	if len(outside) == 0 {
		return out, nil
	}
	rows, err := client.Question.Query().
		Where(predicate.Question(store.In(question.FieldID, outside))).
		WithParameters(func(p *db.ItemParametersQuery) {
			p.Order(db.Desc(itemparameters.FieldCurrent, itemparameters.FieldID))
		}).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load questions that are out of use: %w", err)
	}
	for _, row := range rows {
		var last *db.ItemParameters
		if len(row.Edges.Parameters) > 0 {
			last = row.Edges.Parameters[0]
		}
		out[row.ID] = newQuestion(row, last)
	}
	for _, id := range outside {
		if _, ok := out[id]; !ok {
			return nil, fmt.Errorf("question %d is not in the bank", id)
		}
	}
	return out, nil
}

// newQuestion puts a question together; the parameters may be nil.
func newQuestion(q *db.Question, p *db.ItemParameters) Question {
	out := Question{
		Options: q.Options, Key: q.Key, Domain: q.Domain, Memory: q.Stimulus != nil,
		Item: cat.Item{ID: int64(q.ID), Domain: q.Domain.Index()},
	}
	if p != nil {
		out.Item.Params = irt.ThreePL(p.Discrimination, p.Difficulty, p.Guessing)
	}
	return out
}

// Recorded is the engine revision, nil while it could not be recorded.
func (s *Snapshot) Recorded() *ident.EngineRevision {
	if s.EngineRevision == 0 {
		return nil
	}
	return &s.EngineRevision
}

// Len is the number of questions.
func (s *Snapshot) Len() int { return len(s.questions) }

// revision tells two states of the bank's tables apart.
type revision struct {
	questions  int
	changed    string
	parameters int64
}

// Open loads the bank. The rules are those of the adaptive test. A bank whose
// engine revision cannot be recorded, as in a database that may only be read,
// chooses all the same; Refresh tries again.
func Open(ctx context.Context, st *store.Store, rules cat.Rules) (*Bank, error) {
	b := &Bank{store: st, rules: rules}
	if err := b.Refresh(ctx); err != nil && b.Snapshot() == nil {
		return nil, err
	}
	return b, nil
}

// Snapshot is the bank as last loaded.
func (b *Bank) Snapshot() *Snapshot { return b.current.Load() }

// Refresh loads the bank again if its tables have changed. It costs two
// statements if they have not, five if they have, and seven if the engine has
// never held the same before: then it is recorded as a new revision.
func (b *Bank) Refresh(ctx context.Context) error {
	b.refreshing.Lock()
	defer b.refreshing.Unlock()
	client := b.store.Reader()
	now, err := readRevision(ctx, client)
	if err != nil {
		return err
	}
	snapshot := b.current.Load()
	if snapshot == nil || snapshot.revision != now {
		if snapshot, err = load(ctx, client, b.rules); err != nil {
			return err
		}
		snapshot.revision = now
	}
	if snapshot.EngineRevision == 0 {
		snapshot, err = recorded(ctx, b.store, snapshot)
	}
	b.current.Store(snapshot)
	return err
}

// Watch refreshes the bank at every interval until the context ends, so that
// this replica sees what another one or an import changed.
func (b *Bank) Watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := b.Refresh(ctx); err != nil && ctx.Err() == nil {
				log.Error("refresh the item bank", "error", err)
			}
		}
	}
}

func readRevision(ctx context.Context, client *db.Client) (revision, error) {
	var questions []struct {
		Count int            `json:"count"`
		Max   sql.NullString `json:"max"`
	}
	err := client.Question.Query().
		Aggregate(db.Count(), db.Max(question.FieldChangedAt)).Scan(ctx, &questions)
	if err != nil {
		return revision{}, fmt.Errorf("read the bank's revision: %w", err)
	}
	var parameters []struct {
		Max sql.NullInt64 `json:"max"`
	}
	err = client.ItemParameters.Query().Aggregate(db.Max(itemparameters.FieldID)).Scan(ctx, &parameters)
	if err != nil {
		return revision{}, fmt.Errorf("read the parameters' revision: %w", err)
	}
	return revision{questions[0].Count, questions[0].Max.String, parameters[0].Max.Int64}, nil
}

func load(ctx context.Context, client *db.Client, rules cat.Rules) (*Snapshot, error) {
	rows, err := client.Question.Query().
		Where(question.Active(true), question.QualityEQ(vocab.Normal), question.TextNotNil()).
		Select(question.FieldID, question.FieldOptions, question.FieldKey, question.FieldDomain,
			question.FieldDifficulty, question.FieldStimulus).
		All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the bank's questions: %w", err)
	}
	inForce, err := client.ItemParameters.Query().Where(itemparameters.Current(true)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the bank's parameters: %w", err)
	}
	parameters := make(map[ident.Question]*db.ItemParameters, len(inForce))
	for _, p := range inForce {
		parameters[p.QuestionID] = p
	}

	out := &Snapshot{
		questions: make(map[ident.Question]Question, len(rows)),
		readiness: readinessOf(rows, parameters, rules.Weights),
	}
	items := make([]cat.Item, 0, len(rows))
	for _, row := range rows {
		p := parameters[row.ID]
		q := newQuestion(row, p)
		out.questions[row.ID] = q
		if p != nil {
			items = append(items, q.Item)
		}
	}
	snapshot, err := cat.NewBank(items, len(vocab.Domains()))
	if err != nil {
		return nil, fmt.Errorf("make the bank's snapshot: %w", err)
	}
	out.Engine, err = cat.NewEngine(snapshot, rules)
	if err != nil {
		return nil, fmt.Errorf("make the adaptive engine: %w", err)
	}
	return out, nil
}
