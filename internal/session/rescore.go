package session

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// result compares the stored result with one computed anew.
func (r *replay) result(ctx context.Context) error {
	stored := r.t.Edges.Result
	over := r.t.State == vocab.Completed
	switch {
	case stored == nil && over && len(r.t.Steps) > 0:
		r.note(0, "result", absent, "of a completed test")
		return nil
	case stored == nil:
		return nil
	case !over:
		r.note(0, "result", number(stored.Score), "none: the test was not completed")
		return nil
	}
	steps, err := r.wholeForm(ctx, stored)
	if err != nil {
		return err
	}
	differ(r, 0, "number of questions", stored.Total, len(steps))
	differ(r, 0, "number right", stored.Correct, score.Right(steps))
	if len(steps) == 0 {
		return nil
	}
	if err := r.domains(stored, steps); err != nil {
		return err
	}
	return r.score(stored, steps)
}

// wholeForm is every question that the result counts: those answered, and those
// of a fixed form that were left out, with the parameters of the time of scoring.
func (r *replay) wholeForm(ctx context.Context, stored *db.TestResult) ([]vocab.Step, error) {
	var leftOut []ident.Question
	for _, row := range r.t.Edges.Responses {
		if row.AnsweredAt == nil {
			leftOut = append(leftOut, row.QuestionID)
		}
	}
	if r.t.Kind != vocab.Fixed || len(leftOut) == 0 {
		return r.t.Steps, nil
	}
	rows, err := r.client.Question.Query().Where(store.In(question.FieldID, leftOut)).
		WithParameters(func(q *db.ItemParametersQuery) {
			q.Where(itemparameters.CreatedAtLTE(stored.ScoredAt)).Order(itemparameters.ByID())
		}).
		Order(question.ByID()).
		Select(question.FieldID, question.FieldDomain).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the questions that were left out: %w", err)
	}
	steps := append(make([]vocab.Step, 0, len(r.t.Steps)+len(rows)), r.t.Steps...)
	for _, q := range rows {
		step := vocab.Step{Question: q.ID, Domain: q.Domain}
		for _, p := range q.Edges.Parameters { // the newest is the last
			step.Discrimination, step.Difficulty, step.Guessing = p.Discrimination, p.Difficulty, p.Guessing
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func (r *replay) domains(stored *db.TestResult, steps []vocab.Step) error {
	again, err := score.Domains(steps, stored.Method)
	if err != nil {
		return fmt.Errorf("score the domains: %w", err)
	}
	if slices.EqualFunc(stored.DomainScores, again, sameDomain) {
		return nil
	}
	was, err := json.Marshal(stored.DomainScores)
	if err != nil {
		return fmt.Errorf("compare the domain scores: %w", err)
	}
	is, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("compare the domain scores: %w", err)
	}
	r.note(0, "domain scores", string(was), string(is))
	return nil
}

func sameDomain(stored, again vocab.DomainScore) bool {
	return stored.Domain == again.Domain && stored.Items == again.Items && stored.Correct == again.Correct &&
		near(stored.Accuracy, again.Accuracy) && nearOptional(stored.Score, again.Score) &&
		nearOptional(stored.StandardErrorOfMeasurement, again.StandardErrorOfMeasurement)
}

func nearOptional(stored, again *float64) bool {
	if stored == nil || again == nil {
		return stored == again
	}
	return near(*stored, *again)
}

// score computes the score again by the method that the result names.
func (r *replay) score(stored *db.TestResult, steps []vocab.Step) error {
	again, err := score.Of(steps, score.By(stored.Method, DefaultWeights()))
	if err != nil {
		return fmt.Errorf("score the test again: %w", err)
	}
	r.out.Stored, r.out.Replayed = &stored.Score, &again.Value
	differ(r, 0, "scoring method", stored.Method, again.Method)
	r.real(0, "score", stored.Score, again.Value)
	r.real(0, "percentile", stored.Percentile, again.Percentile)
	if again.Ability != nil {
		precision := again.Precision(score.Reliability{})
		r.optional(0, "theta of the result", stored.Theta, again.Ability.Theta)
		r.optional(0, "standard error of the result", stored.StandardError, again.Ability.SE)
		r.bound("lower bound of the score", stored.IntervalLower, precision.Lower)
		r.bound("upper bound of the score", stored.IntervalUpper, precision.Upper)
	}
	return nil
}

// bound compares an end of the interval, which may be missing.
func (r *replay) bound(about string, stored, again *float64) {
	if again == nil {
		differ(r, 0, about, stored == nil, true)
		return
	}
	r.optional(0, about, stored, *again)
}
