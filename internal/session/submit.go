package session

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Submission ends a fixed form, with the answers that were not given before.
type Submission struct {
	Session ident.Session
	Answers []SubmittedAnswer
	// Key is the client's name for the request, "" if it has none.
	Key string
}

// SubmittedAnswer is one answer of a Submission.
type SubmittedAnswer struct {
	Question ident.Question
	// Option is nil for a question that is skipped: it counts as not right.
	Option *string
	// At is when the person answered by the client's clock, nil if it does not say.
	At *time.Time
}

// Submit takes the answers, any number of them, and completes the test. Questions
// without an answer count as not right. All of it happens or nothing.
//
// What comes after the time limit, by the server's clock, is scored and marked.
// The client's times are kept within those between which the question was open.
//
// Repeating a submission changes nothing. It fails with NOT_FOUND if the session is
// not the viewer's; VALIDATION_FAILED if the test is adaptive, if nothing at all was
// answered, if one question has two answers, or if a question has no such option;
// QUESTION_NOT_SERVED for a question of another test, in its stimulus phase, or whose
// id is none;
// ALREADY_ANSWERED for a different second answer; SESSION_CLOSED for more answers
// after the end; and CONFLICT if its key ended the test with other answers.
//
// It costs, beyond completing the test, four statements in one transaction.
func (s *Service) Submit(ctx context.Context, viewer auth.Viewer, sub Submission) (*db.TestSession, error) {
	if err := checkKey(sub.Key); err != nil {
		return nil, err
	}
	answers, err := sub.distinct()
	if err != nil {
		return nil, err
	}
	var out *db.TestSession
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := lockOwn(ctx, tx, viewer, sub.Session)
		if err != nil {
			return err
		}
		out = t
		switch {
		case t.Kind != vocab.Fixed:
			return fault.Invalid("sessionId", "fixed", "An adaptive test ends by itself.")
		case t.State.Final() && t.State != vocab.Completed:
			return closedFault(t)
		}
		asked := make([]ident.Question, len(answers))
		for i, a := range answers {
			asked[i] = a.Question
		}
		sh, err := s.sheet(ctx, tx, t, asked...)
		if err != nil {
			return err
		}
		fresh, err := sh.fresh(answers)
		if err != nil || t.State.Final() {
			return sub.onceMore(t, answers, fresh, err)
		}
		sh.name(sub.Key, answers)
		return s.submit(ctx, tx, sh, fresh)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// maxAnswers is the most answers that one submission takes.
const maxAnswers = 500

// distinct are the answers, each question once, in the order in which the client
// says that they were given.
func (sub Submission) distinct() ([]SubmittedAnswer, error) {
	if len(sub.Answers) > maxAnswers {
		return nil, fault.Invalid("answers", "max_items", "A submission takes at most %d answers.", maxAnswers)
	}
	out := make([]SubmittedAnswer, 0, len(sub.Answers))
	options := make(map[ident.Question]*string, len(sub.Answers))
	for i, a := range sub.Answers {
		option, twice := options[a.Question]
		switch {
		case a.Question == 0: // the id names no question at all
			return nil, notOfThisTest().With("field", fmt.Sprintf("answers[%d].questionId", i))
		case !twice:
			options[a.Question] = a.Option
			out = append(out, a)
		case !sameOption(option, a.Option):
			return nil, about(a.Question, fault.Invalid("answers", "unique", "A question has two different answers."))
		}
	}
	slices.SortStableFunc(out, byClientTime)
	return out, nil
}

// byClientTime puts answers without the client's time last: it is not known when
// they came between the others.
func byClientTime(a, b SubmittedAnswer) int {
	switch {
	case a.At == nil && b.At == nil:
		return 0
	case a.At == nil:
		return 1
	case b.At == nil:
		return -1
	default:
		return a.At.Compare(*b.At)
	}
}

func sameOption(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// fresh are the answers that the sheet does not hold yet.
func (sh *sheet) fresh(answers []SubmittedAnswer) ([]SubmittedAnswer, error) {
	var out []SubmittedAnswer
	for _, a := range answers {
		r := sh.response(a.Question)
		switch {
		case r == nil:
			return nil, about(a.Question, notOfThisTest())
		case r.AnsweredAt == nil:
			out = append(out, a)
		case !sameOption(r.OptionID, a.Option):
			return nil, about(a.Question, fault.New(fault.AlreadyAnswered, "A question has another answer already."))
		}
	}
	return out, nil
}

func notOfThisTest() *fault.Error {
	return fault.New(fault.QuestionNotServed, "A question is not part of this test.")
}

// about names the question that a refusal is about.
func about(question ident.Question, err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.With("questionId", ident.Global{Kind: ident.KindQuestion, Key: int64(question)}.String())
	}
	return err
}

// onceMore decides on a submission of a test that is completed, or that is refused:
// it is nil if it brings nothing new.
func (sub Submission) onceMore(t *db.TestSession, answers, fresh []SubmittedAnswer, err error) error {
	named := sub.Key != "" && t.SubmitKey != nil && *t.SubmitKey == sub.Key
	switch {
	case named && t.SubmitDigest != nil && !bytes.Equal(*t.SubmitDigest, digest(answers)):
		return keyReused()
	case err == nil && len(fresh) == 0:
		return nil
	case named:
		return keyReused()
	case err != nil:
		return err
	default:
		return closedFault(t)
	}
}

// digest tells whether two submissions have the same answers, in whatever order.
func digest(answers []SubmittedAnswer) []byte {
	answers = slices.SortedFunc(slices.Values(answers), func(a, b SubmittedAnswer) int { return cmp.Compare(a.Question, b.Question) })
	hash := sha256.New()
	for _, a := range answers {
		option := "skipped"
		if a.Option != nil {
			option = strconv.Quote(*a.Option)
		}
		fmt.Fprintln(hash, a.Question, option)
	}
	return hash.Sum(nil)
}

// submit writes the answers, closes the form and has it scored.
func (s *Service) submit(ctx context.Context, tx *store.Tx, sh *sheet, answers []SubmittedAnswer) error {
	for _, a := range answers {
		if err := sh.write(entry{question: a.Question, option: a.Option, at: a.At}, false); err != nil {
			return about(a.Question, err)
		}
	}
	answered := slices.ContainsFunc(sh.responses, func(r *db.Response) bool { return r.OptionID != nil })
	if !answered {
		return fault.Invalid("answers", "not_empty", "Nothing was answered; give the test up instead.")
	}
	if err := sh.close(); err != nil {
		return err
	}
	if err := sh.save(ctx, tx); err != nil {
		return err
	}
	t := sh.t
	tx.AfterCommit(func() { s.tests.Publish(t.ID, t.Version) })
	return s.complete(ctx, tx, t)
}
