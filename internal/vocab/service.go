package vocab

// ActorKind says who made a change.
type ActorKind string

// The kinds of actor.
const (
	// ActorUser is an administrator.
	ActorUser ActorKind = "USER"
	// ActorService is a program with an API key.
	ActorService ActorKind = "SERVICE"
	// ActorOperator is whoever runs commands beside the database.
	ActorOperator ActorKind = "OPERATOR"
)

// Values lists the words as the data model stores them.
func (ActorKind) Values() []string { return words(ActorUser, ActorService, ActorOperator) }

// AuditAction is what was done.
type AuditAction string

// The actions.
const (
	AccountCreated     AuditAction = "ACCOUNT_CREATED"
	AccountUpdated     AuditAction = "ACCOUNT_UPDATED"
	AccountDeleted     AuditAction = "ACCOUNT_DELETED"
	ValidityOverridden AuditAction = "VALIDITY_OVERRIDDEN"
	APIKeyCreated      AuditAction = "API_KEY_CREATED"
	APIKeyRevoked      AuditAction = "API_KEY_REVOKED"
	FeedbackUpdated    AuditAction = "FEEDBACK_UPDATED"
	PushSent           AuditAction = "PUSH_SENT"
)

// Values lists the words as the data model stores them.
func (AuditAction) Values() []string {
	return words(AccountCreated, AccountUpdated, AccountDeleted, ValidityOverridden,
		APIKeyCreated, APIKeyRevoked, FeedbackUpdated, PushSent)
}

// FieldChange is what became of one field of a thing.
type FieldChange struct {
	// Field is its name in the GraphQL schema.
	Field string `json:"field"`
	// Before and After are its values as JSON; nil is none.
	Before *string `json:"before,omitempty"`
	After  *string `json:"after,omitempty"`
}

// Scope is what an API key allows.
type Scope string

// The scopes.
const (
	ReadUsers    Scope = "READ_USERS"
	ReadSessions Scope = "READ_SESSIONS"
	ReadItems    Scope = "READ_ITEMS"
	ReadFeedback Scope = "READ_FEEDBACK"
	ReadEvents   Scope = "READ_EVENTS"
	ReadAudit    Scope = "READ_AUDIT"
)

// Values lists the words as the data model stores them.
func (Scope) Values() []string {
	return words(ReadUsers, ReadSessions, ReadItems, ReadFeedback, ReadEvents, ReadAudit)
}

// FeedbackCategory is what a person writes about.
type FeedbackCategory string

// The categories.
const (
	FeedbackBug          FeedbackCategory = "BUG"
	FeedbackFeature      FeedbackCategory = "FEATURE"
	FeedbackGeneral      FeedbackCategory = "GENERAL"
	FeedbackQuestionHelp FeedbackCategory = "QUESTION_HELP"
	FeedbackOther        FeedbackCategory = "OTHER"
)

// Values lists the words as the data model stores them.
func (FeedbackCategory) Values() []string {
	return words(FeedbackBug, FeedbackFeature, FeedbackGeneral, FeedbackQuestionHelp, FeedbackOther)
}

// FeedbackStatus is what has become of feedback.
type FeedbackStatus string

// The statuses.
const (
	FeedbackNew        FeedbackStatus = "NEW"
	FeedbackInProgress FeedbackStatus = "IN_PROGRESS"
	FeedbackResolved   FeedbackStatus = "RESOLVED"
	FeedbackDismissed  FeedbackStatus = "DISMISSED"
)

// Values lists the words as the data model stores them.
func (FeedbackStatus) Values() []string {
	return words(FeedbackNew, FeedbackInProgress, FeedbackResolved, FeedbackDismissed)
}
