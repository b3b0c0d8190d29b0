package loader

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/graph/scalar"
	"github.com/aiqhq/aiq/internal/analytics"
)

// The orders of the lists.
var (
	NewestSessions  = Order[*db.TestSession]{Name: "newest tests", Desc: true, ID: func(t *db.TestSession) int64 { return int64(t.ID) }}
	NewestResults   = Order[*db.TestResult]{Name: "newest results", Desc: true, ID: func(r *db.TestResult) int64 { return int64(r.ID) }}
	NewestResponses = Order[*db.Response]{Name: "newest responses", Desc: true, ID: func(r *db.Response) int64 { return int64(r.ID) }}
	NewestUsers     = Order[*db.User]{Name: "newest users", Desc: true, ID: func(u *db.User) int64 { return int64(u.ID) }}
	AddedQuestions  = Order[*db.Question]{Name: "added questions", ID: func(q *db.Question) int64 { return int64(q.ID) }}
	addedStatistics = Order[*db.ItemStatistics]{Name: "added statistics", ID: func(s *db.ItemStatistics) int64 { return int64(s.ID) }}
)

// UsersBy sorts users by a column.
func UsersBy(column string, desc bool) Order[*db.User] {
	o := NewestUsers
	o.Name, o.Column, o.Desc = orderName("users", column, desc), column, desc
	switch column {
	case user.FieldEmailKey:
		o.Holds, o.Nullable, o.Value = "", true, func(u *db.User) any { return pointed(u.EmailKey) }
	default:
		o.Holds, o.Value = scalar.Instant{}, func(u *db.User) any { return u.CreatedAt }
	}
	return o
}

// SessionsBy sorts test sessions by a column.
func SessionsBy(column string, desc bool) Order[*db.TestSession] {
	o := NewestSessions
	o.Name, o.Column, o.Desc = orderName("tests", column, desc), column, desc
	switch column {
	case testsession.FieldAnswered:
		o.Holds, o.Value = 0, func(t *db.TestSession) any { return t.Answered }
	case testsession.FieldLastActivityAt:
		o.Holds, o.Value = scalar.Instant{}, func(t *db.TestSession) any { return t.LastActivityAt }
	default:
		o.Holds, o.Value = scalar.Instant{}, func(t *db.TestSession) any { return t.StartedAt }
	}
	return o
}

// QuestionsBy sorts questions by a column.
func QuestionsBy(column string, desc bool) Order[*db.Question] {
	o := AddedQuestions
	o.Name, o.Column, o.Desc = orderName("questions", column, desc), column, desc
	switch column {
	case question.FieldExternalRef:
		o.Holds, o.Nullable, o.Value = "", true, func(q *db.Question) any { return pointed(q.ExternalRef) }
	case question.FieldDomain:
		o.Holds, o.Value = "", func(q *db.Question) any { return string(q.Domain) }
	default:
		o.Holds, o.Value = scalar.Instant{}, func(q *db.Question) any { return q.CreatedAt }
	}
	return o
}

func orderName(rows, column string, desc bool) string {
	name := rows + " by " + column
	if desc {
		name += " down"
	}
	return name
}

func pointed(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// ListUsers reads a page of the users that the filter admits.
func (l *Loaders) ListUsers(ctx context.Context, order Order[*db.User], page Page, filter ...predicate.User) (*Connection[*db.User], error) {
	return list(ctx, order, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.User, error) {
			return l.client.User.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) { return l.client.User.Query().Where(filter...).Count(ctx) })
}

// ListSessions reads a page of the test sessions that the filter admits.
func (l *Loaders) ListSessions(ctx context.Context, order Order[*db.TestSession], page Page, filter ...predicate.TestSession) (*Connection[*db.TestSession], error) {
	return list(ctx, order, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.TestSession, error) {
			return l.client.TestSession.Query().Where(filter...).Where(where).Select(l.columnsOf(&wideSessions)...).All(ctx)
		},
		func(ctx context.Context) (int, error) {
			return l.client.TestSession.Query().Where(filter...).Count(ctx)
		})
}

// ListResponses reads a page of the responses that the filter admits, newest first.
func (l *Loaders) ListResponses(ctx context.Context, page Page, filter ...predicate.Response) (*Connection[*db.Response], error) {
	return list(ctx, NewestResponses, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.Response, error) {
			return l.client.Response.Query().Where(filter...).Where(where).Select(l.columnsOf(&wideResponses)...).All(ctx)
		},
		func(ctx context.Context) (int, error) { return l.client.Response.Query().Where(filter...).Count(ctx) })
}

// ListQuestions reads a page of the questions that the filter admits.
func (l *Loaders) ListQuestions(ctx context.Context, order Order[*db.Question], page Page, filter ...predicate.Question) (*Connection[*db.Question], error) {
	return list(ctx, order, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.Question, error) {
			return l.client.Question.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) { return l.client.Question.Query().Where(filter...).Count(ctx) })
}

// ListStatistics reads a page of all item statistics.
func (l *Loaders) ListStatistics(ctx context.Context, page Page) (*Connection[*analytics.ItemStatistics], error) {
	rows, err := list(ctx, addedStatistics, page, l.statistics, l.client.ItemStatistics.Query().Count)
	if err != nil {
		return nil, err
	}
	out := &Connection[*analytics.ItemStatistics]{Total: rows.Total, Slice: &Slice[*analytics.ItemStatistics]{
		Nodes: make([]*analytics.ItemStatistics, len(rows.Nodes)), HasNext: rows.HasNext, HasPrevious: rows.HasPrevious,
		order: Order[*analytics.ItemStatistics]{
			Name: addedStatistics.Name, ID: func(s *analytics.ItemStatistics) int64 { return int64(s.ID) },
		},
	}}
	for i, row := range rows.Nodes {
		out.Nodes[i] = analytics.NewItemStatistics(row)
	}
	return out, nil
}

// ContainsFold holds for rows in which one of the columns contains the text, in
// any letter case of ASCII and, on PostgreSQL, of any script.
func ContainsFold(needle string, columns ...string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		matches := make([]*sql.Predicate, len(columns))
		for i, column := range columns {
			matches[i] = sql.ContainsFold(s.C(column), strings.TrimSpace(needle))
		}
		s.Where(sql.Or(matches...))
	}
}
