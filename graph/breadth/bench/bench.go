// Package bench measures the breadth-first executor against gqlgen's on a nested read whose resolvers return constants:
// what is left is the executors' own work.
package bench

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"
)

//go:generate go run ../torture/generate

// User, Session, Response and Question are the objects of the read.
type (
	User struct {
		ID, Name string
		Email    *string
	}
	Session struct {
		ID            string
		Status        Status
		StartedAt     time.Time
		Theta         float64
		StandardError *float64
	}
	Response struct {
		ID         string
		Position   int
		Answer     *string
		Correct    bool
		AnsweredAt time.Time
		Theta      float64
	}
	Question struct {
		ID, Stem, Kind             string
		Difficulty, Discrimination float64
	}
)

// Status is an enum as gqlgen generates them.
type Status string

// MarshalGQL implements [graphql.Marshaler].
func (s Status) MarshalGQL(w io.Writer) { fmt.Fprint(w, strconv.Quote(string(s))) }

// UnmarshalGQL implements [graphql.Unmarshaler].
func (s *Status) UnmarshalGQL(v any) error {
	*s = Status(fmt.Sprint(v))
	return nil
}

// Data is what the resolvers return.
type Data struct {
	Users     []*User
	sessions  []*Session
	responses []*Response
	questions []*Question
}

// NewData makes 50 users, and for every one the same 5 sessions with the same 20 responses.
func NewData() *Data {
	var d Data
	at := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)
	email, answer, se := "someone@example.org", "B", 0.3125
	for i := range 50 {
		d.Users = append(d.Users, &User{"u" + strconv.Itoa(i), "User " + strconv.Itoa(i), &email})
	}
	for i := range 5 {
		d.sessions = append(d.sessions, &Session{"s" + strconv.Itoa(i), "COMPLETED", at, 0.5 * float64(i), &se})
	}
	for i := range 20 {
		d.responses = append(d.responses, &Response{"r" + strconv.Itoa(i), i, &answer, i%2 == 0, at, 0.25 * float64(i)})
		d.questions = append(d.questions, &Question{"q" + strconv.Itoa(i), "Which number continues the series?", "SERIES", 0.5, 1.25})
	}
	return &d
}

// Query, Users, Sessions and Responses resolve the relationships.
type (
	Query     struct{ *Data }
	Users     struct{ *Data }
	Sessions  struct{ *Data }
	Responses struct{ *Data }
)

// Viewer is the first user.
func (q Query) Viewer(context.Context) (*User, error) { return q.Data.Users[0], nil }

// Users are all users.
func (q Query) Users(context.Context) ([]*User, error) { return q.Data.Users, nil }

// Sessions are a user's sessions.
func (u Users) Sessions(_ context.Context, objs []*User) ([][]*Session, error) {
	return same(len(objs), u.sessions), nil
}

// Responses are a session's responses.
func (s Sessions) Responses(_ context.Context, objs []*Session) ([][]*Response, error) {
	return same(len(objs), s.responses), nil
}

// Question is a response's question.
func (r Responses) Question(_ context.Context, objs []*Response) ([]*Question, error) {
	out := make([]*Question, len(objs))
	for i, o := range objs {
		out[i] = r.questions[o.Position]
	}
	return out, nil
}

func same[V any](n int, v V) []V {
	out := make([]V, n)
	for i := range out {
		out[i] = v
	}
	return out
}
