package validity

import (
	"context"
	stdsql "database/sql"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Record judges a session that has just been completed and stores the verdict.
// It belongs before the session enters the statistics, so that nobody is compared
// with themselves. It costs two statements: one reads, one writes.
func Record(ctx context.Context, tx *store.Tx, t *db.TestSession) error {
	known, err := readCircumstances(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	j, err := Judge(sessionOf(t, known))
	if err != nil {
		return err
	}
	err = tx.SessionValidity.Create().
		SetSessionID(t.ID).SetVerdict(j.Verdict).SetSeverity(j.Severity).SetConfidence(j.Confidence).
		SetEvidence(j.Evidence).SetJudgedAt(*t.EndedAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the verdict: %w", err)
	}
	return nil
}

// circumstances are what the judgement of an answer needs besides the session's
// own row.
type circumstances struct {
	Question     ident.Question    `json:"question_id"`
	TimeMs       stdsql.NullInt64  `json:"time_ms"`
	Difficulty   stdsql.NullString `json:"difficulty"`
	Administered stdsql.NullInt64  `json:"administered"`
	Correct      stdsql.NullInt64  `json:"correct"`
	Timed        stdsql.NullInt64  `json:"timed"`
	TimeMsSum    stdsql.NullInt64  `json:"time_ms_sum"`
}

func readCircumstances(ctx context.Context, tx *store.Tx, id ident.Session) (map[ident.Question]circumstances, error) {
	var rows []circumstances
	err := tx.Response.Query().Where(response.SessionID(id)).
		Modify(func(s *sql.Selector) {
			q, sums := sql.Table(question.Table), sql.Table(itemstatistics.Table)
			s.Join(q).On(s.C(response.FieldQuestionID), q.C(question.FieldID))
			s.LeftJoin(sums).On(s.C(response.FieldQuestionID), sums.C(itemstatistics.FieldQuestionID))
			s.Select(
				s.C(response.FieldQuestionID), s.C(response.FieldTimeMs), q.C(question.FieldDifficulty),
				sums.C(itemstatistics.FieldAdministered), sums.C(itemstatistics.FieldCorrect),
				sums.C(itemstatistics.FieldTimed), sums.C(itemstatistics.FieldTimeMsSum),
			)
		}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("load what the verdict rests on: %w", err)
	}
	out := make(map[ident.Question]circumstances, len(rows))
	for _, row := range rows {
		out[row.Question] = row
	}
	return out, nil
}

func sessionOf(t *db.TestSession, known map[ident.Question]circumstances) Session {
	seconds := t.EndedAt.Sub(t.StartedAt).Seconds()
	s := Session{Kind: t.Kind, Answers: make([]Answer, len(t.Steps)), Seconds: &seconds}
	for i, step := range t.Steps {
		k := known[step.Question]
		a := Answer{
			Correct: step.Correct, Difficulty: vocab.Difficulty(k.Difficulty.String),
			Administered: k.Administered.Int64, Right: k.Correct.Int64,
			Times: ctt.TimeSums{N: k.Timed.Int64, SumMillis: k.TimeMsSum.Int64},
		}
		if step.Discrimination > 0 {
			a.Item = irt.ThreePL(step.Discrimination, step.Difficulty, step.Guessing)
		}
		if k.TimeMs.Valid {
			took := float64(k.TimeMs.Int64) / 1000
			a.Seconds = &took
		}
		s.Answers[i] = a
	}
	return s
}
