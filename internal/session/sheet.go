package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// sheet is a fixed form with the answers to it, in one transaction.
type sheet struct {
	t *db.TestSession
	// responses are the questions in order, answered or not.
	responses []*db.Response
	questions map[ident.Question]bank.Question
	// changed are the responses that are still to be written.
	changed []*db.Response
	now     time.Time
}

// sheet reads the form, and of the bank the questions that are about to be
// answered.
func (s *Service) sheet(ctx context.Context, tx *store.Tx, t *db.TestSession, answering ...ident.Question) (*sheet, error) {
	responses, err := tx.Response.Query().Where(response.SessionID(t.ID)).Order(response.ByPosition()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the form: %w", err)
	}
	sh := &sheet{t: t, responses: responses, now: s.clock()}
	answering = slices.DeleteFunc(answering, func(id ident.Question) bool {
		r := sh.response(id)
		return r == nil || r.AnsweredAt != nil
	})
	sh.questions, err = s.bank.Snapshot().Questions(ctx, tx.Client, answering)
	return sh, err
}

// response is the one to the question, nil if the form does not have it.
func (sh *sheet) response(id ident.Question) *db.Response {
	for _, r := range sh.responses {
		if r.QuestionID == id {
			return r
		}
	}
	return nil
}

// entry is an answer to write on a sheet.
type entry struct {
	question ident.Question
	// option is nil for a question that is skipped.
	option *string
	// at is when the person answered by the client's clock, nil if unknown.
	at *time.Time
	// key is the client's name for the request, nil if it has none.
	key *string
}

// write puts the answer to an open question on the sheet. Without the client's
// time it took until now, if it came alone, and who knows how long in a batch.
func (sh *sheet) write(e entry, alone bool) error {
	r, q := sh.response(e.question), sh.questions[e.question]
	switch {
	case e.option != nil && q.Memory && r.StimulusFinishedAt == nil:
		return stimulusOpen()
	case e.option != nil && !q.Offers(*e.option):
		return unknownOption("optionId")
	}
	correct := e.option != nil && *e.option == q.Key
	e.at = within(e.at, r.ServedAt, sh.now)
	if took, known := sh.took(r, e.at, alone); known {
		ms := milliseconds(took)
		r.TimeMs = &ms
	}
	r.AnsweredAt, r.OptionID, r.IsCorrect, r.AnswerKey, r.ClientAnsweredAt = &sh.now, e.option, &correct, e.key, e.at
	r.Late = sh.t.DueAt != nil && sh.now.After(*sh.t.DueAt)
	sh.changed = append(sh.changed, r)

	t := sh.t
	t.Steps = append(t.Steps, stepOf(e.question, q, e.option, instant(r).Sub(t.StartedAt)))
	t.Answered = len(t.Steps)
	t.Version++
	t.LastActivityAt = sh.now
	t.TimeLimitExceeded = t.TimeLimitExceeded || r.Late
	t.OpenQuestionID = nil
	for _, open := range sh.responses {
		if open.AnsweredAt == nil {
			t.OpenQuestionID = &open.QuestionID
			break
		}
	}
	return sh.estimate(len(t.Steps) - 1)
}

// instant is when the response was answered: by the client's clock if it says, else
// by the server's.
func instant(r *db.Response) time.Time {
	if r.ClientAnsweredAt != nil {
		return *r.ClientAnsweredAt
	}
	return *r.AnsweredAt
}

// took is how long an answer took: since the question was shown, or since the
// answer before it if that came later.
func (sh *sheet) took(r *db.Response, at *time.Time, alone bool) (time.Duration, bool) {
	if at == nil && !alone {
		return 0, false
	}
	end := sh.now
	if at != nil {
		end = *at
	}
	start := r.ServedAt
	if r.StimulusFinishedAt != nil {
		start = *r.StimulusFinishedAt
	}
	for _, other := range sh.responses {
		if other.AnsweredAt == nil {
			continue
		}
		if earlier := instant(other); earlier.After(start) && !earlier.After(end) {
			start = earlier
		}
	}
	return end.Sub(start), true
}

// estimate computes the abilities after each step from the given one on.
func (sh *sheet) estimate(from int) error {
	for i := from; i < len(sh.t.Steps); i++ {
		e, err := ability(sh.t.Steps[:i+1])
		if err != nil {
			return fmt.Errorf("estimate the ability: %w", err)
		}
		sh.t.Steps[i].Theta, sh.t.Steps[i].StandardError = e.Theta, e.SE
		sh.t.Theta, sh.t.StandardError = e.Theta, e.SE
	}
	return nil
}

// name notes the client's name for the submission, and what came under it.
func (sh *sheet) name(key string, answers []SubmittedAnswer) {
	if key != "" {
		sum := digest(answers)
		sh.t.SubmitKey, sh.t.SubmitDigest = &key, &sum
	}
}

// close ends the test. Its steps then follow the order of the form.
func (sh *sheet) close() error {
	t := sh.t
	position := make(map[ident.Question]int, len(sh.responses))
	for _, r := range sh.responses {
		position[r.QuestionID] = r.Position
	}
	slices.SortFunc(t.Steps, func(a, b vocab.Step) int { return position[a.Question] - position[b.Question] })
	if err := sh.estimate(0); err != nil {
		return err
	}
	reason := vocab.FormEnd
	t.State, t.StopReason, t.EndedAt, t.OpenQuestionID = vocab.Completed, &reason, &sh.now, nil
	t.TimeLimitExceeded = t.TimeLimitExceeded || t.DueAt != nil && sh.now.After(*t.DueAt)
	t.LastActivityAt = sh.now
	t.Version++
	return nil
}

// save writes what changed: all answers with one statement, and the session.
func (sh *sheet) save(ctx context.Context, tx *store.Tx) error {
	if len(sh.changed) > 0 {
		rows := make([]*db.ResponseCreate, len(sh.changed))
		for i, r := range sh.changed {
			rows[i] = tx.Response.Create().SetID(r.ID).
				SetSessionID(r.SessionID).SetUserID(r.UserID).SetQuestionID(r.QuestionID).
				SetPosition(r.Position).SetServedAt(r.ServedAt).
				SetAnsweredAt(*r.AnsweredAt).SetNillableOptionID(r.OptionID).SetIsCorrect(*r.IsCorrect).
				SetNillableTimeMs(r.TimeMs).SetNillableClientAnsweredAt(r.ClientAnsweredAt).
				SetLate(r.Late).SetNillableAnswerKey(r.AnswerKey)
		}
		// The rows are there: this is an update of each to values of its own.
		err := tx.Response.CreateBulk(rows...).OnConflict(
			sql.ConflictColumns(response.FieldID),
			sql.ResolveWith(func(u *sql.UpdateSet) {
				for _, column := range []string{
					response.FieldAnsweredAt, response.FieldOptionID, response.FieldIsCorrect, response.FieldTimeMs,
					response.FieldClientAnsweredAt, response.FieldLate, response.FieldAnswerKey,
				} {
					u.SetExcluded(column)
				}
			}),
		).Exec(ctx)
		if err != nil {
			return fmt.Errorf("save the answers: %w", err)
		}
	}
	return save(ctx, tx, sh.t)
}

// answerFixed takes one answer to a fixed form.
func (s *Service) answerFixed(ctx context.Context, tx *store.Tx, t *db.TestSession, a Answer) error {
	sh, err := s.sheet(ctx, tx, t, a.Question)
	if err != nil {
		return err
	}
	answered := slices.DeleteFunc(slices.Clone(sh.responses), func(r *db.Response) bool { return r.AnsweredAt == nil })
	open := sh.response(a.Question)
	if t.State.Final() || open == nil || open.AnsweredAt != nil || keyHeld(answered, a.Key) {
		return settled(t, answered, a)
	}
	if err := sh.write(entry{a.Question, &a.Option, a.At, optional(a.Key)}, true); err != nil {
		return err
	}
	return sh.save(ctx, tx)
}

// keyHeld reports whether one of the responses was answered by a request of that
// name.
func keyHeld(responses []*db.Response, key string) bool {
	return key != "" && slices.ContainsFunc(responses, func(r *db.Response) bool {
		return r.AnswerKey != nil && *r.AnswerKey == key
	})
}
