package graph

import (
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/auditentry"
	"github.com/aiqhq/aiq/ent/db/clientevent"
	"github.com/aiqhq/aiq/ent/db/feedback"
	"github.com/aiqhq/aiq/ent/db/itemparameters"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/ent/db/response"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
)

// where adds the predicate of a condition that is given.
func where[P, V any](list *[]P, given *V, predicate func(V) P) {
	if given != nil {
		*list = append(*list, predicate(*given))
	}
}

// either picks a predicate by a flag.
func either[P any](yes, no P) func(bool) P {
	return func(flag bool) P {
		if flag {
			return yes
		}
		return no
	}
}

// maxSearch is the most characters to search for: SQLite takes no pattern of
// more than 50,000 bytes.
const maxSearch = 1000

// searchable fails with VALIDATION_FAILED for a text that is too long to search for.
func searchable(text *string) error {
	if text != nil && utf8.RuneCountInString(*text) > maxSearch {
		return fault.Invalid("search", "max_length", "search may have at most %d characters.", maxSearch)
	}
	return nil
}

func userFilter(f *model.UserFilter) ([]predicate.User, error) {
	if f == nil {
		return nil, nil
	}
	var out []predicate.User
	where(&out, f.Role, user.RoleEQ)
	where(&out, f.Search, func(s string) predicate.User {
		return loader.ContainsFold(s, user.FieldEmail, user.FieldDisplayName)
	})
	where(&out, f.Imported, either(user.ExternalRefNotNil(), user.ExternalRefIsNil()))
	return out, searchable(f.Search)
}

func userOrder(o *model.UserOrder) loader.Order[*db.User] {
	if o == nil {
		return loader.NewestUsers
	}
	column := user.FieldCreatedAt
	if o.Field == model.UserOrderFieldEmail {
		column = user.FieldEmailKey
	}
	return loader.UsersBy(column, o.Direction == model.SortDirectionDesc)
}

func sessionFilter(f *model.TestSessionFilter) []predicate.TestSession {
	if f == nil {
		return nil
	}
	var out []predicate.TestSession
	where(&out, f.State, testsession.StateEQ)
	where(&out, f.Kind, testsession.KindEQ)
	where(&out, f.UserID, func(id ident.Global) predicate.TestSession {
		return testsession.UserID(ident.As[ident.User](id, ident.KindUser))
	})
	where(&out, f.Source, testsession.Source)
	where(&out, f.StartedFrom, testsession.StartedAtGTE)
	where(&out, f.StartedBefore, testsession.StartedAtLT)
	return out
}

func sessionOrder(o *model.TestSessionOrder) loader.Order[*db.TestSession] {
	if o == nil {
		return loader.NewestSessions
	}
	column := testsession.FieldStartedAt
	switch o.Field {
	case model.TestSessionOrderFieldAnswered:
		column = testsession.FieldAnswered
	case model.TestSessionOrderFieldLastActivityAt:
		column = testsession.FieldLastActivityAt
	case model.TestSessionOrderFieldStartedAt:
	}
	return loader.SessionsBy(column, o.Direction == model.SortDirectionDesc)
}

func responseFilter(f *model.ResponseFilter) []predicate.Response {
	if f == nil {
		return nil
	}
	var out []predicate.Response
	where(&out, f.QuestionID, func(id ident.Global) predicate.Response {
		return response.QuestionID(ident.As[ident.Question](id, ident.KindQuestion))
	})
	where(&out, f.SessionID, func(id ident.Global) predicate.Response {
		return response.SessionID(ident.As[ident.Session](id, ident.KindSession))
	})
	where(&out, f.UserID, func(id ident.Global) predicate.Response {
		return response.UserID(ident.As[ident.User](id, ident.KindUser))
	})
	where(&out, f.IsCorrect, response.IsCorrect)
	return out
}

func questionFilter(f *model.QuestionFilter) ([]predicate.Question, error) {
	if f == nil {
		return nil, nil
	}
	var out []predicate.Question
	where(&out, f.Domain, question.DomainEQ)
	where(&out, f.Difficulty, question.DifficultyEQ)
	where(&out, f.Active, question.Active)
	where(&out, f.Quality, question.QualityEQ)
	where(&out, f.Source, question.Source)
	where(&out, f.Servable, either(question.TextNotNil(), question.TextIsNil()))
	current := question.HasParametersWith(itemparameters.Current(true))
	where(&out, f.Calibrated, either(current, question.Not(current)))
	where(&out, f.Search, func(s string) predicate.Question {
		return loader.ContainsFold(s, question.FieldText, question.FieldExternalRef)
	})
	return out, searchable(f.Search)
}

func questionOrder(o *model.QuestionOrder) loader.Order[*db.Question] {
	if o == nil {
		return loader.AddedQuestions
	}
	column := question.FieldCreatedAt
	switch o.Field {
	case model.QuestionOrderFieldDomain:
		column = question.FieldDomain
	case model.QuestionOrderFieldExternalRef:
		column = question.FieldExternalRef
	case model.QuestionOrderFieldCreatedAt:
	}
	return loader.QuestionsBy(column, o.Direction == model.SortDirectionDesc)
}

func auditFilter(f *model.AuditEntryFilter) []predicate.AuditEntry {
	if f == nil {
		return nil
	}
	var out []predicate.AuditEntry
	where(&out, f.ActorID, func(id ident.Global) predicate.AuditEntry {
		return auditentry.ActorID(ident.As[ident.User](id, ident.KindUser))
	})
	where(&out, f.APIKeyID, func(id ident.Global) predicate.AuditEntry {
		return auditentry.APIKeyID(ident.As[ident.APIKey](id, ident.KindAPIKey))
	})
	where(&out, f.Action, auditentry.ActionEQ)
	where(&out, f.TargetID, func(id ident.Global) predicate.AuditEntry {
		return auditentry.And(auditentry.TargetKind(string(id.Kind)), auditentry.TargetKey(id.Key))
	})
	where(&out, f.CreatedFrom, auditentry.CreatedAtGTE)
	where(&out, f.CreatedBefore, auditentry.CreatedAtLT)
	return out
}

func feedbackFilter(f *model.FeedbackFilter) ([]predicate.Feedback, error) {
	if f == nil {
		return nil, nil
	}
	var out []predicate.Feedback
	where(&out, f.Category, feedback.CategoryEQ)
	where(&out, f.Status, feedback.StatusEQ)
	where(&out, f.UserID, func(id ident.Global) predicate.Feedback {
		return feedback.UserID(ident.As[ident.User](id, ident.KindUser))
	})
	where(&out, f.QuestionID, func(id ident.Global) predicate.Feedback {
		return feedback.QuestionID(ident.As[ident.Question](id, ident.KindQuestion))
	})
	where(&out, f.Search, func(s string) predicate.Feedback { return loader.ContainsFold(s, feedback.FieldText) })
	return out, searchable(f.Search)
}

func eventFilter(f *model.ClientEventFilter) []predicate.ClientEvent {
	if f == nil {
		return nil
	}
	var out []predicate.ClientEvent
	where(&out, f.Name, clientevent.NameEQ)
	where(&out, f.UserID, func(id ident.Global) predicate.ClientEvent {
		return clientevent.UserID(ident.As[ident.User](id, ident.KindUser))
	})
	where(&out, f.ReceivedFrom, clientevent.ReceivedAtGTE)
	where(&out, f.ReceivedBefore, clientevent.ReceivedAtLT)
	return out
}
