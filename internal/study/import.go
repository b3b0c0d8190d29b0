package study

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/score"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Imported counts what an import added.
type Imported struct{ People, Items, Responses int }

// chunk is the number of rows written by one statement.
const chunk = 1000

// Import adds the study's people, questions, completed tests, answers, results
// and statistics, all or none. It fails with CONFLICT if a study of that name
// is there already.
func Import(ctx context.Context, st *store.Store, now clock.Clock, s *Study) (Imported, error) {
	var out Imported
	err := st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		known, err := tx.Question.Query().Where(question.Source(s.Name)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for the study: %w", err)
		}
		if known {
			return fault.New(fault.Conflict, "The study %s is there already.", s.Name)
		}
		i := importer{tx: tx, study: s, now: now(), at: s.Collected}
		if i.at.IsZero() {
			i.at = i.now
		}
		if err := i.run(ctx); err != nil {
			return err
		}
		out = Imported{People: len(s.People), Items: len(s.Items), Responses: i.responses}
		return nil
	})
	if err != nil {
		return Imported{}, fmt.Errorf("import study %s: %w", s.Name, err)
	}
	return out, nil
}

type importer struct {
	tx        *store.Tx
	study     *Study
	now, at   time.Time
	questions []*db.Question
	sums      analytics.Sums
	responses int
}

func (i *importer) run(ctx context.Context) error {
	if err := i.saveQuestions(ctx); err != nil {
		return fmt.Errorf("save questions: %w", err)
	}
	for part := range slices.Chunk(i.people(), chunk) {
		if err := i.savePeople(ctx, part); err != nil {
			return err
		}
	}
	if err := i.sums.Save(ctx, i.tx); err != nil {
		return fmt.Errorf("save statistics: %w", err)
	}
	return nil
}

func (i *importer) saveQuestions(ctx context.Context) error {
	rows := make([]*db.QuestionCreate, len(i.study.Items))
	for n, item := range i.study.Items {
		options := make([]vocab.Option, len(item.Options))
		for o, id := range item.Options {
			options[o] = vocab.Option{ID: id, Label: id}
		}
		rows[n] = i.tx.Question.Create().
			SetExternalRef(i.ref(item.Name)).SetSource(i.study.Name).
			SetOptions(options).SetKey(item.Key).SetDomain(item.Domain).
			SetDifficulty(i.difficulty(n)).SetCreatedAt(i.now).SetChangedAt(i.now)
	}
	var err error
	i.questions, err = i.tx.Question.CreateBulk(rows...).Save(ctx)
	return err
}

func (i *importer) ref(name string) string { return i.study.Name + ":" + name }

// The bands of the share of right answers that the difficulty labels stand for.
const (
	easyFrom   = .70
	mediumFrom = .40
)

// difficulty is the label that the answers to an item ask for.
func (i *importer) difficulty(item int) vocab.Difficulty {
	given, right := 0, 0
	for _, answers := range i.study.People {
		if answers[item] != NotGiven {
			given++
		}
		if answers[item] == i.study.Items[item].Key {
			right++
		}
	}
	switch p := float64(right) / float64(max(given, 1)); {
	case p >= easyFrom:
		return vocab.Easy
	case p >= mediumFrom:
		return vocab.Medium
	default:
		return vocab.Hard
	}
}

// person is one row of the study, with what it comes to.
type person struct {
	ref     string
	answers []analytics.Answer
	steps   []vocab.Step
	right   int
}

func (i *importer) people() []person {
	out := make([]person, len(i.study.People))
	for n, row := range i.study.People {
		p := person{ref: i.ref(strconv.Itoa(n + 1))}
		for item, answer := range row {
			if answer == NotGiven {
				continue
			}
			q := i.questions[item]
			a := analytics.Answer{Question: q.ID, Offered: q.Options, Correct: answer == q.Key}
			if answer != Omitted {
				a.Chosen = answer
			}
			if a.Correct {
				p.right++
			}
			p.answers = append(p.answers, a)
			p.steps = append(p.steps, vocab.Step{Question: q.ID, Domain: q.Domain, Correct: a.Correct})
		}
		i.sums.Add(vocab.Fixed, p.answers)
		i.responses += len(p.answers)
		out[n] = p
	}
	return out
}

func (i *importer) savePeople(ctx context.Context, people []person) error {
	users := make([]*db.UserCreate, len(people))
	for n, p := range people {
		users[n] = i.tx.User.Create().SetExternalRef(p.ref).SetCreatedAt(i.now)
	}
	saved, err := i.tx.User.CreateBulk(users...).Save(ctx)
	if err != nil {
		return fmt.Errorf("save people: %w", err)
	}
	sessions := make([]*db.TestSessionCreate, len(people))
	for n, p := range people {
		sessions[n] = i.tx.TestSession.Create().
			SetUserID(saved[n].ID).SetKind(vocab.Fixed).SetState(vocab.Completed).SetStopReason(vocab.FormEnd).
			SetVersion(len(p.answers) + 1).SetSeed(0).SetMaximum(len(p.answers)).SetAnswered(len(p.answers)).
			SetSteps(p.steps).SetSeen([]ident.Question{}).
			SetSource(i.study.Name).SetExternalRef(p.ref).
			SetStartedAt(i.at).SetLastActivityAt(i.at).SetEndedAt(i.at).SetCountedAt(i.now)
	}
	taken, err := i.tx.TestSession.CreateBulk(sessions...).Save(ctx)
	if err != nil {
		return fmt.Errorf("save tests: %w", err)
	}
	if err := i.saveResponses(ctx, people, taken); err != nil {
		return fmt.Errorf("save answers: %w", err)
	}
	if err := i.saveResults(ctx, people, taken); err != nil {
		return fmt.Errorf("save results: %w", err)
	}
	return nil
}

func (i *importer) saveResponses(ctx context.Context, people []person, sessions []*db.TestSession) error {
	var rows []*db.ResponseCreate
	for n, p := range people {
		for position, a := range p.answers {
			row := i.tx.Response.Create().
				SetSessionID(sessions[n].ID).SetUserID(sessions[n].UserID).SetQuestionID(a.Question).
				SetPosition(position + 1).SetServedAt(i.at).SetAnsweredAt(i.at).SetIsCorrect(a.Correct)
			if a.Chosen != "" {
				row.SetOptionID(a.Chosen)
			}
			rows = append(rows, row)
		}
	}
	for part := range slices.Chunk(rows, chunk) {
		if err := i.tx.Response.CreateBulk(part...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) saveResults(ctx context.Context, people []person, sessions []*db.TestSession) error {
	var rows []*db.TestResultCreate
	for n, p := range people {
		if len(p.answers) == 0 {
			continue
		}
		scored := score.FromShare(vocab.Accuracy, float64(p.right)/float64(len(p.answers)))
		domains, err := score.Domains(p.steps, scored.Method)
		if err != nil {
			return fmt.Errorf("score the domains: %w", err)
		}
		rows = append(rows, i.tx.TestResult.Create().
			SetSessionID(sessions[n].ID).SetUserID(sessions[n].UserID).SetMethod(scored.Method).
			SetScore(scored.Value).SetPercentile(scored.Percentile).SetIntervalStatus(vocab.InsufficientData).
			SetTotal(len(p.answers)).SetCorrect(p.right).
			SetDomainScores(domains).SetScoredAt(i.now))
	}
	return i.tx.TestResult.CreateBulk(rows...).Exec(ctx)
}
