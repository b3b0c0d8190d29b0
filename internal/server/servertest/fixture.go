package servertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Tests is how much each person of AddTests has done.
type Tests struct {
	// Sessions of each person, and Responses of each session.
	Sessions, Responses int
	// Open leaves each person's newest test in progress, its last question
	// unanswered. All others are completed, with results and statistics.
	Open bool
}

// optionsEach is the number of options of each question of AddQuestions.
const optionsEach = 4

// written is the number of rows put into one statement.
const written = 1000

// began is when the first test of AddTests was started; each further one of the
// same person was started a day later.
var began = time.Date(2026, time.January, 1, 9, 0, 0, 0, time.UTC)

// AddQuestions adds questions that can be served, all of that source, each with
// parameters in force and one earlier set of them.
func (s *Server) AddQuestions(source string, n int) []*db.Question {
	s.tb.Helper()
	var questions []*db.Question
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		questions, err = inParts(make([]*db.Question, 0, n), n, func(i int) *db.QuestionCreate {
			options := make([]vocab.Option, optionsEach)
			for o := range options {
				id := fmt.Sprintf("%s-%d-%d", source, i, o)
				options[o] = vocab.Option{ID: id, Label: "Option " + id}
			}
			return tx.Question.Create().
				SetExternalRef(fmt.Sprintf("%s:%d", source, i)).SetSource(source).
				SetText(fmt.Sprintf("What is %s %d?", source, i)).SetOptions(options).
				SetKey(options[i%optionsEach].ID).SetExplanation(fmt.Sprintf("Because %s %d.", source, i)).
				SetDomain(vocab.Domains()[i%len(vocab.Domains())]).SetDifficulty(vocab.Medium).
				SetCreatedAt(began).SetChangedAt(began)
		}, func(rows []*db.QuestionCreate) ([]*db.Question, error) {
			return tx.Question.CreateBulk(rows...).Save(ctx)
		})
		if err != nil {
			return err
		}
		_, err = inParts(nil, 2*n, func(i int) *db.ItemParametersCreate {
			return tx.ItemParameters.Create().SetQuestionID(questions[i/2].ID).SetModel(vocab.TwoParameter).
				SetDiscrimination(1).SetDifficulty(float64(i%7) - 3).SetProvisional(i%2 == 0).
				SetCurrent(i%2 == 1).SetCreatedAt(began.Add(time.Duration(i%2) * time.Hour))
		}, func(rows []*db.ItemParametersCreate) ([]*db.ItemParameters, error) {
			return nil, tx.ItemParameters.CreateBulk(rows...).Exec(ctx)
		})
		return err
	})
	return questions
}

// AddUsers adds takers who cannot sign in.
func (s *Server) AddUsers(n int) []ident.User {
	s.tb.Helper()
	first := s.people.Add(int64(n)) - int64(n) + 1
	var users []*db.User
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		users, err = inParts(make([]*db.User, 0, n), n, func(i int) *db.UserCreate {
			email := fmt.Sprintf("person%d@example.org", first+int64(i))
			return tx.User.Create().SetEmail(email).SetEmailKey(email).
				SetDisplayName(fmt.Sprintf("Person %d", first+int64(i))).SetCreatedAt(began)
		}, func(rows []*db.UserCreate) ([]*db.User, error) { return tx.User.CreateBulk(rows...).Save(ctx) })
		return err
	})
	ids := make([]ident.User, n)
	for i, u := range users {
		ids[i] = u.ID
	}
	return ids
}

// AddTests lets the people take tests. The k-th test of everyone has the same
// questions, the k-th part of those given, which must be Sessions × Responses at
// least. About two thirds of the answers are right.
func (s *Server) AddTests(questions []*db.Question, people []ident.User, t Tests) []*db.TestSession {
	s.tb.Helper()
	require.LessOrEqual(s.tb, t.Sessions*t.Responses, len(questions), "questions for every test")
	var made []*db.TestSession
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		f := filler{tx: tx, questions: questions, people: people, tests: t}
		made, err = f.fill(ctx)
		return err
	})
	return made
}

// AddFeedback lets each of the people write about each of the questions, in a test
// of theirs, and use the app as often.
func (s *Server) AddFeedback(questions []*db.Question, sessions []*db.TestSession) {
	s.tb.Helper()
	n := len(questions) * len(sessions)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := inParts(nil, n, func(i int) *db.FeedbackCreate {
			t := sessions[i/len(questions)]
			return tx.Feedback.Create().SetUserID(t.UserID).SetSessionID(t.ID).SetQuestionID(questions[i%len(questions)].ID).
				SetCategory(vocab.FeedbackQuestionHelp).SetText(fmt.Sprintf("What does question %d of test %d mean?", i, t.ID)).
				SetCreatedAt(began).SetChangedAt(began)
		}, func(rows []*db.FeedbackCreate) ([]*db.Feedback, error) {
			return nil, tx.Feedback.CreateBulk(rows...).Exec(ctx)
		})
		if err != nil {
			return err
		}
		_, err = inParts(nil, n, func(i int) *db.ClientEventCreate {
			return tx.ClientEvent.Create().SetUserID(sessions[i/len(questions)].UserID).SetName("launch").
				SetProperties(map[string]any{"screen": "home"}).SetClientTime(began).SetReceivedAt(began)
		}, func(rows []*db.ClientEventCreate) ([]*db.ClientEvent, error) {
			return nil, tx.ClientEvent.CreateBulk(rows...).Exec(ctx)
		})
		return err
	})
}

// AddAudit lets each of the people make two API keys and change something with
// each of them.
func (s *Server) AddAudit(people ...ident.User) {
	s.tb.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for i, person := range append(people, people...) {
			key, err := tx.APIKey.Create().SetName("reports").SetPrefix("aiq_fixture").SetCreatedByID(person).SetCreatedAt(began).
				SetSecretHash(fmt.Sprintf("fixture %d of %d", i, person)).SetScopes([]vocab.Scope{vocab.ReadItems}).Save(ctx)
			if err != nil {
				return err
			}
			role := `"ADMIN"`
			err = tx.AuditEntry.Create().SetActorKind(vocab.ActorUser).SetActorID(person).SetAPIKeyID(key.ID).
				SetAction(vocab.AccountUpdated).SetTargetKind(string(ident.KindUser)).SetTargetKey(int64(person)).
				SetChanges([]vocab.FieldChange{{Field: "role", After: &role}}).SetCreatedAt(began).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// write changes the database in one transaction.
func (s *Server) write(fn func(context.Context, *store.Tx) error) {
	s.tb.Helper()
	require.NoError(s.tb, s.Store.Tx(s.tb.Context(), fn))
}

// filler writes the tests of AddTests.
type filler struct {
	tx        *store.Tx
	questions []*db.Question
	people    []ident.User
	tests     Tests
	sums      analytics.Sums
}

func (f *filler) fill(ctx context.Context) ([]*db.TestSession, error) {
	n := len(f.people) * f.tests.Sessions
	made, err := inParts(make([]*db.TestSession, 0, n), n, f.session,
		func(rows []*db.TestSessionCreate) ([]*db.TestSession, error) {
			return f.tx.TestSession.CreateBulk(rows...).Save(ctx)
		})
	if err != nil {
		return nil, err
	}
	_, err = inParts(nil, n*f.tests.Responses,
		func(i int) *db.ResponseCreate { return f.response(made, i) },
		func(rows []*db.ResponseCreate) ([]*db.Response, error) {
			return nil, f.tx.Response.CreateBulk(rows...).Exec(ctx)
		})
	if err != nil {
		return nil, err
	}
	if err := f.results(ctx, made); err != nil {
		return nil, err
	}
	over := slices.DeleteFunc(slices.Clone(made), func(t *db.TestSession) bool { return !t.State.Final() })
	_, err = inParts(nil, len(over),
		func(i int) *db.SessionValidityCreate { return f.validity(over[i], i) },
		func(rows []*db.SessionValidityCreate) ([]*db.SessionValidity, error) {
			return nil, f.tx.SessionValidity.CreateBulk(rows...).Exec(ctx)
		})
	if err != nil {
		return nil, err
	}
	return made, f.sums.Save(ctx, f.tx)
}

// session makes the i-th test: person by person, oldest first.
func (f *filler) session(i int) *db.TestSessionCreate {
	person, nth := i/f.tests.Sessions, i%f.tests.Sessions
	started := began.AddDate(0, 0, nth)
	composition := f.composition(i)
	create := f.tx.TestSession.Create().SetUserID(f.people[person]).SetKind(vocab.Fixed).
		SetBlueprint(composition).SetComposition(composition).
		SetSeed(int64(i)).SetMaximum(f.tests.Responses).SetSeen([]ident.Question{}).
		SetSource(f.questions[0].Source).SetTheta(.5).SetStandardError(.4).
		SetStartedAt(started).SetLastActivityAt(started.Add(time.Hour))
	answered := f.tests.Responses
	if f.tests.Open && nth == f.tests.Sessions-1 {
		answered--
		create.SetState(vocab.InProgress).SetOpenQuestionID(f.question(i, answered).ID)
	} else {
		create.SetState(vocab.Completed).SetStopReason(vocab.FormEnd).
			SetEndedAt(started.Add(time.Hour)).SetCountedAt(started.Add(time.Hour))
	}
	steps := make([]vocab.Step, answered)
	for position := range steps {
		q := f.question(i, position)
		steps[position] = vocab.Step{
			Question: q.ID, Domain: q.Domain, Discrimination: 1, Correct: f.correct(i, position),
			Theta: .5, StandardError: .4, ElapsedMs: int64(position+1) * 1000,
		}
	}
	return create.SetSteps(steps).SetAnswered(answered).SetVersion(answered + 1)
}

// question is the one at a position, from 0, of the i-th test.
func (f *filler) question(i, position int) *db.Question {
	return f.questions[i%f.tests.Sessions*f.tests.Responses+position]
}

// composition is that of the i-th test.
func (f *filler) composition(i int) *vocab.Composition {
	out := &vocab.Composition{Total: f.tests.Responses}
	for _, d := range vocab.Domains() {
		cell := vocab.CompositionCell{Difficulty: vocab.Medium, Domain: d}
		for position := range f.tests.Responses {
			if f.question(i, position).Domain == d {
				cell.Questions++
			}
		}
		if cell.Questions > 0 {
			out.Cells = append(out.Cells, cell)
		}
	}
	return out
}

func (f *filler) correct(i, position int) bool { return (i*7+position*5)%3 != 0 }

// chosen is the option chosen at a position of the i-th test.
func (f *filler) chosen(i, position int) string {
	q := f.question(i, position)
	if f.correct(i, position) {
		return q.Key
	}
	key := slices.IndexFunc(q.Options, func(o vocab.Option) bool { return o.ID == q.Key })
	return q.Options[(key+1+i%(optionsEach-1))%optionsEach].ID
}

func (f *filler) response(made []*db.TestSession, k int) *db.ResponseCreate {
	i, position := k/f.tests.Responses, k%f.tests.Responses
	t := made[i]
	served := t.StartedAt.Add(time.Duration(position) * time.Second)
	create := f.tx.Response.Create().SetSessionID(t.ID).SetUserID(t.UserID).
		SetQuestionID(f.question(i, position).ID).SetPosition(position + 1).SetServedAt(served)
	if position < t.Answered {
		create.SetAnsweredAt(served.Add(time.Second)).SetTimeMs(1000).SetOptionID(f.chosen(i, position)).
			SetIsCorrect(f.correct(i, position)).SetTheta(.5).SetStandardError(.4)
	}
	if position == 0 && t.State.Final() {
		f.count(i)
	}
	return create
}

// count adds the i-th test to the statistics.
func (f *filler) count(i int) {
	answers := make([]analytics.Answer, f.tests.Responses)
	for position := range answers {
		q := f.question(i, position)
		answers[position] = analytics.Answer{
			Question: q.ID, Offered: q.Options, Chosen: f.chosen(i, position), Correct: f.correct(i, position),
		}
	}
	f.sums.Add(vocab.Fixed, answers)
}

// results saves the results of the tests that are over: first everyone's first,
// then everyone's second, each of which names the one before it.
func (f *filler) results(ctx context.Context, made []*db.TestSession) error {
	last := map[ident.User]*db.TestResult{}
	for nth := range f.tests.Sessions {
		var over []*db.TestSession
		for i := nth; i < len(made); i += f.tests.Sessions {
			if made[i].State.Final() {
				over = append(over, made[i])
			}
		}
		var failed error
		saved, err := inParts(nil, len(over), func(i int) *db.TestResultCreate {
			domains, err := score.Domains(over[i].Steps, vocab.EAP)
			failed = errors.Join(failed, err)
			return f.result(over[i], domains, last[over[i].UserID])
		}, func(rows []*db.TestResultCreate) ([]*db.TestResult, error) {
			return f.tx.TestResult.CreateBulk(rows...).Save(ctx)
		})
		if err := errors.Join(failed, err); err != nil {
			return err
		}
		for _, r := range saved {
			last[r.UserID] = r
		}
	}
	return nil
}

func (f *filler) result(t *db.TestSession, domains []vocab.DomainScore, previous *db.TestResult) *db.TestResultCreate {
	create := f.tx.TestResult.Create().SetSessionID(t.ID).SetUserID(t.UserID).SetMethod(vocab.EAP).
		SetScore(107.5).SetPercentile(69.1).SetIntervalStatus(vocab.Sufficient).
		SetIntervalLower(95.7).SetIntervalUpper(119.3).SetIntervalLevel(.95).SetStandardErrorOfMeasurement(6).
		SetTheta(t.Theta).SetStandardError(t.StandardError).SetTotal(len(t.Steps)).SetCorrect(score.Right(t.Steps)).
		SetDomainScores(domains).SetScoredAt(*t.EndedAt)
	if previous != nil {
		create.SetPreviousID(previous.ID).SetChange(0).SetChangeIndex(0).SetChangeVerdict(vocab.Stable)
	}
	return create
}

// validity judges the i-th test that is over. The first person has set every
// second verdict aside.
func (f *filler) validity(t *db.TestSession, i int) *db.SessionValidityCreate {
	create := f.tx.SessionValidity.Create().SetSessionID(t.ID).
		SetVerdict(vocab.Suspect).SetSeverity(2).SetConfidence(.7).SetJudgedAt(*t.EndedAt).
		SetEvidence(vocab.Evidence{
			Answers: t.Answered, Timed: t.Answered,
			Flags: []vocab.Flag{{Name: vocab.RapidAnswers, Severity: 2, Value: float64(t.Answered), Limit: 3}},
		})
	if i%2 == 0 {
		create.SetOverrideVerdict(vocab.Valid).SetOverrideReason("A test made for tests.").
			SetOverriddenByID(f.people[0]).SetOverriddenAt(t.EndedAt.Add(time.Hour))
	}
	return create
}

// inParts makes n rows and saves them some at a time; what was saved is added to
// the list.
func inParts[C, T any](saved []T, n int, row func(int) C, save func([]C) ([]T, error)) ([]T, error) {
	rows := make([]C, 0, min(n, written))
	for i := range n {
		rows = append(rows, row(i))
		if len(rows) < written && i < n-1 {
			continue
		}
		part, err := save(rows)
		if err != nil {
			return nil, err
		}
		saved, rows = append(saved, part...), rows[:0]
	}
	return saved, nil
}
