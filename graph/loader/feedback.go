package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/clientevent"
	"github.com/aiqhq/aiq/ent/db/feedback"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/internal/ident"
)

var (
	newestFeedback = Order[*db.Feedback]{Name: "newest feedback", Desc: true, ID: func(f *db.Feedback) int64 { return int64(f.ID) }}
	newestEvents   = Order[*db.ClientEvent]{Name: "newest events", Desc: true, ID: func(e *db.ClientEvent) int64 { return int64(e.ID) }}
)

var feedbackOfUser = relation[ident.User, *db.Feedback]{
	name: "feedback of user", column: feedback.FieldUserID, order: newestFeedback,
	parent: func(row *db.Feedback) ident.User { return *row.UserID },
	rows:   func(l *Loaders) query[*db.Feedback] { return l.feedback },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.Feedback.Query().Modify(modify).Scan(ctx, into)
	},
}

var feedbackOfQuestion = relation[ident.Question, *db.Feedback]{
	name: "feedback of question", column: feedback.FieldQuestionID, order: newestFeedback,
	parent: func(row *db.Feedback) ident.Question { return *row.QuestionID },
	rows:   func(l *Loaders) query[*db.Feedback] { return l.feedback },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.Feedback.Query().Modify(modify).Scan(ctx, into)
	},
}

var eventsOfUser = relation[ident.User, *db.ClientEvent]{
	name: "events of user", column: clientevent.FieldUserID, order: newestEvents,
	parent: func(row *db.ClientEvent) ident.User { return *row.UserID },
	rows:   func(l *Loaders) query[*db.ClientEvent] { return l.events },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.ClientEvent.Query().Modify(modify).Scan(ctx, into)
	},
}

func (l *Loaders) feedback(ctx context.Context, where func(*sql.Selector)) ([]*db.Feedback, error) {
	return l.client.Feedback.Query().Where(where).All(ctx)
}

func (l *Loaders) events(ctx context.Context, where func(*sql.Selector)) ([]*db.ClientEvent, error) {
	return l.client.ClientEvent.Query().Where(where).All(ctx)
}

// Feedback loads feedback.
func (l *Loaders) Feedback(ctx context.Context, keys []ident.Feedback) ([]*db.Feedback, error) {
	return one(ctx, l, "feedback", keys, byKey[ident.Feedback](l.feedback, feedback.FieldID),
		func(f *db.Feedback) ident.Feedback { return f.ID })
}

// ClientEvents loads events of the app.
func (l *Loaders) ClientEvents(ctx context.Context, keys []ident.ClientEvent) ([]*db.ClientEvent, error) {
	return one(ctx, l, "client event", keys, byKey[ident.ClientEvent](l.events, clientevent.FieldID),
		func(e *db.ClientEvent) ident.ClientEvent { return e.ID })
}

// FeedbackOfUsers loads a page of what each person wrote, newest first.
func (l *Loaders) FeedbackOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.Feedback], error) {
	return pages(ctx, l, feedbackOfUser, keys, page)
}

// FeedbackOfQuestions loads a page of what was written about each question, newest first.
func (l *Loaders) FeedbackOfQuestions(ctx context.Context, keys []ident.Question, page Page) ([]*Connection[*db.Feedback], error) {
	return pages(ctx, l, feedbackOfQuestion, keys, page)
}

// EventsOfUsers loads a page of what happened in each person's app, newest first.
func (l *Loaders) EventsOfUsers(ctx context.Context, keys []ident.User, page Page) ([]*Connection[*db.ClientEvent], error) {
	return pages(ctx, l, eventsOfUser, keys, page)
}

// ListFeedback reads a page of the feedback that the filter admits, newest first.
func (l *Loaders) ListFeedback(ctx context.Context, page Page, filter ...predicate.Feedback) (*Connection[*db.Feedback], error) {
	return list(ctx, newestFeedback, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.Feedback, error) {
			return l.client.Feedback.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) { return l.client.Feedback.Query().Where(filter...).Count(ctx) })
}

// ListClientEvents reads a page of the events that the filter admits, newest first.
func (l *Loaders) ListClientEvents(ctx context.Context, page Page, filter ...predicate.ClientEvent) (*Connection[*db.ClientEvent], error) {
	return list(ctx, newestEvents, page,
		func(ctx context.Context, where func(*sql.Selector)) ([]*db.ClientEvent, error) {
			return l.client.ClientEvent.Query().Where(filter...).Where(where).All(ctx)
		},
		func(ctx context.Context) (int, error) {
			return l.client.ClientEvent.Query().Where(filter...).Count(ctx)
		})
}
