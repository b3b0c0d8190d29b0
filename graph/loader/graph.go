package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/optionstatistics"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// The rows of each table.

func (l *Loaders) users(ctx context.Context, where func(*sql.Selector)) ([]*db.User, error) {
	return l.client.User.Query().Where(where).All(ctx)
}

func (l *Loaders) sessions(ctx context.Context, where func(*sql.Selector)) ([]*db.TestSession, error) {
	return l.client.TestSession.Query().Where(where).Select(l.columnsOf(&wideSessions)...).All(ctx)
}

func (l *Loaders) responses(ctx context.Context, where func(*sql.Selector)) ([]*db.Response, error) {
	return l.client.Response.Query().Where(where).Select(l.columnsOf(&wideResponses)...).All(ctx)
}

func (l *Loaders) results(ctx context.Context, where func(*sql.Selector)) ([]*db.TestResult, error) {
	return l.client.TestResult.Query().Where(where).All(ctx)
}

func (l *Loaders) questions(ctx context.Context, where func(*sql.Selector)) ([]*db.Question, error) {
	return l.client.Question.Query().Where(where).All(ctx)
}

func (l *Loaders) parameters(ctx context.Context, where func(*sql.Selector)) ([]*db.ItemParameters, error) {
	return l.client.ItemParameters.Query().Where(where).All(ctx)
}

func (l *Loaders) statistics(ctx context.Context, where func(*sql.Selector)) ([]*db.ItemStatistics, error) {
	return l.client.ItemStatistics.Query().Where(where).All(ctx)
}

// byKey reads the rows whose column holds one of the keys.
func byKey[K ~int64, T any](rows query[T], column string) func(context.Context, []K) ([]T, error) {
	return func(ctx context.Context, keys []K) ([]T, error) { return rows(ctx, store.In(column, keys)) }
}

// To one, by the key of the thing itself.

// Users loads users.
func (l *Loaders) Users(ctx context.Context, keys []ident.User) ([]*db.User, error) {
	return one(ctx, l, "user", keys, byKey[ident.User](l.users, user.FieldID),
		func(u *db.User) ident.User { return u.ID })
}

// Sessions loads test sessions. Like those of every other loader, they come
// without their Steps and Seen; WholeSessions loads these too.
func (l *Loaders) Sessions(ctx context.Context, keys []ident.Session) ([]*db.TestSession, error) {
	return one(ctx, l, "session", keys, byKey[ident.Session](l.sessions, testsession.FieldID),
		func(t *db.TestSession) ident.Session { return t.ID })
}

// WholeSessions loads test sessions with their Steps and Seen.
func (l *Loaders) WholeSessions(ctx context.Context, keys []ident.Session) ([]*db.TestSession, error) {
	return one(ctx, l, "whole session", keys,
		func(ctx context.Context, keys []ident.Session) ([]*db.TestSession, error) {
			return l.client.TestSession.Query().Where(store.In(testsession.FieldID, keys)).All(ctx)
		},
		func(t *db.TestSession) ident.Session { return t.ID })
}

// Responses loads responses.
func (l *Loaders) Responses(ctx context.Context, keys []ident.Response) ([]*db.Response, error) {
	return one(ctx, l, "response", keys, byKey[ident.Response](l.responses, response.FieldID),
		func(r *db.Response) ident.Response { return r.ID })
}

// Results loads test results.
func (l *Loaders) Results(ctx context.Context, keys []ident.Result) ([]*db.TestResult, error) {
	return one(ctx, l, "result", keys, byKey[ident.Result](l.results, testresult.FieldID),
		func(r *db.TestResult) ident.Result { return r.ID })
}

// Questions loads questions.
func (l *Loaders) Questions(ctx context.Context, keys []ident.Question) ([]*db.Question, error) {
	return one(ctx, l, "question", keys, byKey[ident.Question](l.questions, question.FieldID),
		func(q *db.Question) ident.Question { return q.ID })
}

// Parameters loads item parameters.
func (l *Loaders) Parameters(ctx context.Context, keys []ident.Parameters) ([]*db.ItemParameters, error) {
	return one(ctx, l, "parameters", keys, byKey[ident.Parameters](l.parameters, itemparameters.FieldID),
		func(p *db.ItemParameters) ident.Parameters { return p.ID })
}

// Statistics loads item statistics.
func (l *Loaders) Statistics(ctx context.Context, keys []ident.ItemStatistics) ([]*analytics.ItemStatistics, error) {
	return one(ctx, l, "statistics", keys,
		figures(byKey[ident.ItemStatistics](l.statistics, itemstatistics.FieldID)),
		func(s *analytics.ItemStatistics) ident.ItemStatistics { return s.ID })
}

// OptionStatistics loads option statistics: first the questions they belong to,
// then those questions' options.
func (l *Loaders) OptionStatistics(ctx context.Context, keys []ident.OptionStatistics) ([]*analytics.OptionStatistics, error) {
	type row = *db.OptionStatistics
	rows, err := one(ctx, l, "option statistics", keys,
		func(ctx context.Context, keys []ident.OptionStatistics) ([]row, error) {
			return l.client.OptionStatistics.Query().Where(store.In(optionstatistics.FieldID, keys)).All(ctx)
		},
		func(o row) ident.OptionStatistics { return o.ID })
	if err != nil {
		return nil, err
	}
	owners := make([]ident.Question, len(rows))
	for i, o := range rows {
		if o != nil {
			owners[i] = o.QuestionID
		}
	}
	options, err := l.OptionsOfQuestions(ctx, owners)
	if err != nil {
		return nil, err
	}
	out := make([]*analytics.OptionStatistics, len(keys))
	for i, siblings := range options {
		for _, o := range siblings {
			if o.ID == keys[i] {
				out[i] = o
			}
		}
	}
	return out, nil
}

// To one, by the key of the owner.

// ActiveOfUsers loads each user's test in progress.
func (l *Loaders) ActiveOfUsers(ctx context.Context, keys []ident.User) ([]*db.TestSession, error) {
	return one(ctx, l, "active session of user", keys,
		func(ctx context.Context, keys []ident.User) ([]*db.TestSession, error) {
			return l.client.TestSession.Query().
				Where(store.In(testsession.FieldUserID, keys), testsession.StateEQ(vocab.InProgress)).
				Select(l.columnsOf(&wideSessions)...).All(ctx)
		},
		func(t *db.TestSession) ident.User { return t.UserID })
}

// ResultOfSessions loads each session's result.
func (l *Loaders) ResultOfSessions(ctx context.Context, keys []ident.Session) ([]*db.TestResult, error) {
	return one(ctx, l, "result of session", keys, byKey[ident.Session](l.results, testresult.FieldSessionID),
		func(r *db.TestResult) ident.Session { return r.SessionID })
}

// LastResultOfUsers loads each user's newest result.
func (l *Loaders) LastResultOfUsers(ctx context.Context, keys []ident.User) ([]*db.TestResult, error) {
	newest, err := pages(ctx, l, resultsOfUser, keys, FirstPage(1))
	if err != nil {
		return nil, err
	}
	out := make([]*db.TestResult, len(keys))
	for i, page := range newest {
		if len(page.Nodes) > 0 {
			out[i] = page.Nodes[0]
		}
	}
	return out, nil
}

// StatisticsOfQuestions loads each question's statistics.
func (l *Loaders) StatisticsOfQuestions(ctx context.Context, keys []ident.Question) ([]*analytics.ItemStatistics, error) {
	return one(ctx, l, "statistics of question", keys,
		figures(byKey[ident.Question](l.statistics, itemstatistics.FieldQuestionID)),
		func(s *analytics.ItemStatistics) ident.Question { return s.QuestionID })
}

// ParametersOfQuestions loads each question's parameters in force.
func (l *Loaders) ParametersOfQuestions(ctx context.Context, keys []ident.Question) ([]*db.ItemParameters, error) {
	return one(ctx, l, "parameters of question", keys,
		func(ctx context.Context, keys []ident.Question) ([]*db.ItemParameters, error) {
			return l.client.ItemParameters.Query().
				Where(store.In(itemparameters.FieldQuestionID, keys), itemparameters.Current(true)).All(ctx)
		},
		func(p *db.ItemParameters) ident.Question { return p.QuestionID })
}

// Revealed tells for each question whether the viewer answered it in a test that
// is over, so that its key may be shown to them.
func (l *Loaders) Revealed(ctx context.Context, keys []ident.Question) ([]bool, error) {
	return load(ctx, l, id{relation: "revealed"}, keys,
		func(ctx context.Context, keys []ident.Question) (map[ident.Question]bool, error) {
			answered, err := l.client.Response.Query().
				Where(
					response.UserID(l.viewer.ID()), store.In(response.FieldQuestionID, keys),
					response.AnsweredAtNotNil(),
					response.HasSessionWith(testsession.StateNEQ(vocab.InProgress)),
				).
				Select(response.FieldQuestionID).All(ctx)
			if err != nil {
				return nil, err
			}
			out := make(map[ident.Question]bool, len(answered))
			for _, r := range answered {
				out[r.QuestionID] = true
			}
			return out, nil
		})
}

// StimuliFinished tells of each question whether the viewer is past its stimulus:
// they finished it, or answered or skipped the question.
func (l *Loaders) StimuliFinished(ctx context.Context, keys []ident.Question) ([]*bool, error) {
	return load(ctx, l, id{relation: "stimulus finished"}, keys,
		func(ctx context.Context, keys []ident.Question) (map[ident.Question]*bool, error) {
			met, err := l.client.Response.Query().
				Where(response.UserID(l.viewer.ID()), store.In(response.FieldQuestionID, keys)).
				Select(response.FieldQuestionID, response.FieldStimulusFinishedAt, response.FieldAnsweredAt).All(ctx)
			if err != nil {
				return nil, err
			}
			out := make(map[ident.Question]*bool, len(keys))
			for _, k := range keys {
				out[k] = new(bool)
			}
			for _, r := range met {
				*out[r.QuestionID] = r.StimulusFinishedAt != nil || r.AnsweredAt != nil
			}
			return out, nil
		})
}

// Served tells for each question whether it was put before the viewer.
func (l *Loaders) Served(ctx context.Context, keys []ident.Question) ([]bool, error) {
	return load(ctx, l, id{relation: "served"}, keys,
		func(ctx context.Context, keys []ident.Question) (map[ident.Question]bool, error) {
			met, err := l.client.Response.Query().
				Where(response.UserID(l.viewer.ID()), store.In(response.FieldQuestionID, keys)).
				Select(response.FieldQuestionID).All(ctx)
			if err != nil {
				return nil, err
			}
			out := make(map[ident.Question]bool, len(met))
			for _, r := range met {
				out[r.QuestionID] = true
			}
			return out, nil
		})
}

// To many, whole.

// OpenOfSessions loads the responses of each session in progress that wait for an
// answer, in order; those of other sessions wait no longer.
func (l *Loaders) OpenOfSessions(ctx context.Context, keys []ident.Session) ([][]*db.Response, error) {
	return many(ctx, l, "open responses of session", keys,
		func(ctx context.Context, keys []ident.Session) ([]*db.Response, error) {
			return l.client.Response.Query().
				Where(
					store.In(response.FieldSessionID, keys), response.AnsweredAtIsNil(),
					response.HasSessionWith(testsession.StateEQ(vocab.InProgress)),
				).
				Order(response.BySessionID(), response.ByPosition()).All(ctx)
		},
		func(r *db.Response) ident.Session { return r.SessionID })
}

// ResponsesOfSessions loads each session's responses by position.
func (l *Loaders) ResponsesOfSessions(ctx context.Context, keys []ident.Session) ([][]*db.Response, error) {
	return many(ctx, l, "responses of session", keys,
		func(ctx context.Context, keys []ident.Session) ([]*db.Response, error) {
			return l.client.Response.Query().Where(store.In(response.FieldSessionID, keys)).
				Order(response.BySessionID(), response.ByPosition()).
				Select(l.columnsOf(&wideResponses)...).All(ctx)
		},
		func(r *db.Response) ident.Session { return r.SessionID })
}

// ParameterHistoryOfQuestions loads all parameters each question had, newest first.
func (l *Loaders) ParameterHistoryOfQuestions(ctx context.Context, keys []ident.Question) ([][]*db.ItemParameters, error) {
	return many(ctx, l, "parameter history of question", keys,
		func(ctx context.Context, keys []ident.Question) ([]*db.ItemParameters, error) {
			return l.client.ItemParameters.Query().Where(store.In(itemparameters.FieldQuestionID, keys)).
				Order(db.Desc(itemparameters.FieldID)).All(ctx)
		},
		func(p *db.ItemParameters) ident.Question { return p.QuestionID })
}

// OptionsOfQuestions loads the statistics of each question's options, in the
// order of the options.
func (l *Loaders) OptionsOfQuestions(ctx context.Context, keys []ident.Question) ([][]*analytics.OptionStatistics, error) {
	return load(ctx, l, id{relation: "options of question"}, keys,
		func(ctx context.Context, keys []ident.Question) (map[ident.Question][]*analytics.OptionStatistics, error) {
			return analytics.OptionsOf(ctx, l.client, keys)
		})
}

// figures reads the statistics off the sums that the rows hold.
func figures[K comparable](rows func(context.Context, []K) ([]*db.ItemStatistics, error)) func(context.Context, []K) ([]*analytics.ItemStatistics, error) {
	return func(ctx context.Context, keys []K) ([]*analytics.ItemStatistics, error) {
		sums, err := rows(ctx, keys)
		if err != nil {
			return nil, err
		}
		out := make([]*analytics.ItemStatistics, len(sums))
		for i, row := range sums {
			out[i] = analytics.NewItemStatistics(row)
		}
		return out, nil
	}
}

// To many, by the page.

var sessionsOfUser = relation[ident.User, *db.TestSession]{
	name: "sessions of user", column: testsession.FieldUserID, order: NewestSessions,
	parent: func(t *db.TestSession) ident.User { return t.UserID },
	rows:   func(l *Loaders) query[*db.TestSession] { return l.sessions },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.TestSession.Query().Modify(modify).Scan(ctx, into)
	},
}

var resultsOfUser = relation[ident.User, *db.TestResult]{
	name: "results of user", column: testresult.FieldUserID, order: NewestResults,
	parent: func(r *db.TestResult) ident.User { return r.UserID },
	rows:   func(l *Loaders) query[*db.TestResult] { return l.results },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.TestResult.Query().Modify(modify).Scan(ctx, into)
	},
}

var responsesOfUser = relation[ident.User, *db.Response]{
	name: "responses of user", column: response.FieldUserID, order: NewestResponses,
	parent: func(r *db.Response) ident.User { return r.UserID },
	rows:   func(l *Loaders) query[*db.Response] { return l.responses },
	count:  countResponses,
}

var responsesOfQuestion = relation[ident.Question, *db.Response]{
	name: "responses of question", column: response.FieldQuestionID, order: NewestResponses,
	parent: func(r *db.Response) ident.Question { return r.QuestionID },
	rows:   func(l *Loaders) query[*db.Response] { return l.responses },
	count:  countResponses,
}

func countResponses(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
	return l.client.Response.Query().Modify(modify).Scan(ctx, into)
}

// SessionsOfUsers loads a page of each user's tests, newest first.
func (l *Loaders) SessionsOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.TestSession], error) {
	return pages(ctx, l, sessionsOfUser, keys, page)
}

// ResultsOfUsers loads a page of each user's results, newest first.
func (l *Loaders) ResultsOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.TestResult], error) {
	return pages(ctx, l, resultsOfUser, keys, page)
}

// ResponsesOfUsers loads a page of each user's responses, newest first.
func (l *Loaders) ResponsesOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.Response], error) {
	return pages(ctx, l, responsesOfUser, keys, page)
}

// ResponsesOfQuestions loads a page of each question's responses, newest first.
func (l *Loaders) ResponsesOfQuestions(ctx context.Context, keys []ident.Question, page Page) ([]*Connection[*db.Response], error) {
	return pages(ctx, l, responsesOfQuestion, keys, page)
}
