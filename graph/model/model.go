// Package model holds the types that exist in GraphQL only: connections,
// payloads and inputs. Everything else is bound to the types of the concepts.
package model

import (
	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/analytics"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/session"
)

// Node is anything with a global id.
type Node interface{}

// Connection is a page of a list.
type Connection[T any] struct{ *loader.Connection[T] }

// Edge is a row in a list.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// PageInfo says where a page lies in its list.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// The connections and their edges.
type (
	UserConnection           = Connection[*db.User]
	UserEdge                 = Edge[*db.User]
	TestSessionConnection    = Connection[*db.TestSession]
	TestSessionEdge          = Edge[*db.TestSession]
	ResponseConnection       = Connection[*db.Response]
	ResponseEdge             = Edge[*db.Response]
	TestResultConnection     = Connection[*db.TestResult]
	TestResultEdge           = Edge[*db.TestResult]
	QuestionConnection       = Connection[*db.Question]
	QuestionEdge             = Edge[*db.Question]
	ItemStatisticsConnection = Connection[*analytics.ItemStatistics]
	ItemStatisticsEdge       = Edge[*analytics.ItemStatistics]

	SessionValidityConnection = Connection[*db.SessionValidity]
	SessionValidityEdge       = Edge[*db.SessionValidity]
	GroupMembershipConnection = Connection[*db.GroupMembership]
	GroupMembershipEdge       = Edge[*db.GroupMembership]
	GroupInvitationConnection = Connection[*db.GroupInvitation]
	GroupInvitationEdge       = Edge[*db.GroupInvitation]
	FeedbackConnection        = Connection[*db.Feedback]
	FeedbackEdge              = Edge[*db.Feedback]
	ClientEventConnection     = Connection[*db.ClientEvent]
	ClientEventEdge           = Edge[*db.ClientEvent]
	AuditEntryConnection      = Connection[*db.AuditEntry]
	AuditEntryEdge            = Edge[*db.AuditEntry]
	APIKeyConnection          = Connection[*db.APIKey]
	APIKeyEdge                = Edge[*db.APIKey]
	NotificationConnection    = Connection[*db.Notification]
	NotificationEdge          = Edge[*db.Notification]
)

// Edges are the rows with their cursors.
func (c *Connection[T]) Edges() []*Edge[T] {
	edges := make([]*Edge[T], len(c.Nodes))
	for i, node := range c.Nodes {
		edges[i] = &Edge[T]{Cursor: c.Cursor(node), Node: node}
	}
	return edges
}

// PageInfo says where the page lies in its list.
func (c *Connection[T]) PageInfo() *PageInfo {
	info := &PageInfo{HasNextPage: c.HasNext, HasPreviousPage: c.HasPrevious}
	if n := len(c.Nodes); n > 0 {
		first, last := c.Cursor(c.Nodes[0]), c.Cursor(c.Nodes[n-1])
		info.StartCursor, info.EndCursor = &first, &last
	}
	return info
}

// Connections wraps what a loader answers.
func Connections[T any](pages []*loader.Connection[T], err error) ([]*Connection[T], error) {
	if err != nil {
		return nil, err
	}
	out := make([]*Connection[T], len(pages))
	for i, page := range pages {
		out[i] = &Connection[T]{page}
	}
	return out, nil
}

// Viewer is the signed-in person.
type Viewer struct{ User *db.User }

// ConfidenceInterval is an interval on the reported scale.
type ConfidenceInterval struct{ Lower, Upper, Level float64 }

// RegisterPayload is a new account, signed in.
type RegisterPayload struct {
	Viewer *Viewer
	Tokens *account.Tokens
}

// SignInPayload is a signed-in account.
type SignInPayload struct {
	Viewer *Viewer
	Tokens *account.Tokens
}

// RefreshTokensPayload is new tokens in place of the old.
type RefreshTokensPayload struct {
	Viewer *Viewer
	Tokens *account.Tokens
}

// SignOutPayload is the end of a sign-in.
type SignOutPayload struct{ SignedOut bool }

// StartTestPayload is a test just started.
type StartTestPayload struct {
	Session  *db.TestSession
	Progress *session.Progress
}

// SubmitAnswerPayload is what an answer led to.
type SubmitAnswerPayload struct {
	Session  *db.TestSession
	Progress *session.Progress
}

// SubmitTestPayload is a fixed form that was completed.
type SubmitTestPayload struct {
	Session  *db.TestSession
	Progress *session.Progress
}

// FinishStimulusPayload is a memory question in its second phase.
type FinishStimulusPayload struct {
	Session *db.TestSession
	// Finished is the question.
	Finished ident.Question
}

// AbandonTestPayload is a test that was given up.
type AbandonTestPayload struct{ Session *db.TestSession }

// OverrideValidityPayload is a judgement with an administrator's verdict.
type OverrideValidityPayload struct {
	Validity         *db.SessionValidity
	ClientMutationID *string
}
