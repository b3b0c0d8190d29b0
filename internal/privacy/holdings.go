package privacy

import (
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	"github.com/aiqhq/aiq/ent/db/migrate"
	"github.com/aiqhq/aiq/internal/ident"
)

// person is whose rows are meant.
type person struct {
	id ident.User
	// failures is the key under which failed sign-ins to the account are counted;
	// nil if it has no e-mail address.
	failures []byte
}

// owner says which rows of a table are a person's.
type owner func(dialect string, t *sql.SelectTable, p person) *sql.Predicate

// holding is a table that holds rows of people.
type holding struct {
	table *schema.Table
	// as is its name in the document.
	as string
	// kind is that of the rows' ids, "" if the API has no ids for them.
	kind  ident.Kind
	owner owner
	// names are those of columns that the API calls otherwise.
	names map[string]string
	// withheld are the columns that the document names and does not show, and why.
	withheld map[string]string
	// closed are the columns that are told only when the test is over.
	closed []string
	// kept says that the rows stay when a person is de-identified, without what
	// the cleared columns hold.
	kept    bool
	cleared []string
	// forgets are what rows that stay in any case cease to say; without it the
	// rows are removed.
	forgets []forgetting
}

// forgetting takes a person out of rows that are not theirs alone.
type forgetting struct {
	// owner says which rows; what is set makes it hold no more.
	owner owner
	set   map[string]any
}

// The reasons for which a column is not shown.
const (
	aSecret    = "the hash of a secret"
	repeated   = "the same as in another place of this document"
	ofTheBank  = "how the server chooses questions; it would tell of questions to come"
	notRelated = "says nothing about the person"
	another    = "may be another person's"
)

// holdings are all tables that hold rows of people, those that others refer to
// after those that refer to them.
func holdings() []holding {
	return []holding{
		{
			table: migrate.SignInFailuresTable, as: "signInFailures", owner: byFailures,
			withheld: map[string]string{"id": notRelated, "key": aSecret},
		},
		{
			table: migrate.PasswordResetTokensTable, as: "passwordResets", owner: by("user_id"),
			withheld: map[string]string{"id": notRelated, "token_hash": aSecret},
		},
		{
			table: migrate.RefreshTokensTable, as: "signIns", owner: by("user_id"),
			withheld: map[string]string{"id": notRelated, "token_hash": aSecret, "retry_hash": aSecret},
		},
		{
			table: migrate.OauthIdentitiesTable, as: "identities", owner: by("user_id"),
			withheld: map[string]string{"id": notRelated},
		},
		{
			table: migrate.GuestDevicesTable, as: "guestDevices", owner: by("user_id"),
			withheld: map[string]string{"id": notRelated, "device_hash": aSecret},
		},
		{
			table: migrate.AuditEntriesTable, as: "auditEntries", kind: ident.KindAuditEntry,
			owner: either(by("actor_id"), byTarget(ident.KindUser)),
			withheld: map[string]string{
				"actor_id": another, "api_key_id": another, "request_id": another, "address": another,
				"target_key": repeated,
			},
			// What was done stays, and not by whom and to whom.
			forgets: []forgetting{
				{by("actor_id"), map[string]any{"actor_id": nil, "address": nil, "request_id": nil}},
				{byTarget(ident.KindUser), map[string]any{"target_key": 0, "changes": "[]", "reason": nil}},
				{explained(byTargetOf(ident.KindSession, migrate.TestSessionsTable)), map[string]any{"reason": nil}},
			},
		},
		{
			table: migrate.APIKeysTable, as: "apiKeys", kind: ident.KindAPIKey, owner: by("created_by_id"),
			withheld: map[string]string{"secret_hash": aSecret},
			// Services go on with the keys that an administrator made for them.
			forgets: []forgetting{{by("created_by_id"), map[string]any{"created_by_id": nil}}},
		},
		{
			table: migrate.FeedbackTable, as: "feedback", kind: ident.KindFeedback, owner: by("user_id"),
			withheld: map[string]string{"client_key": notRelated, "note": "what administrators note for themselves"},
		},
		{
			table: migrate.ClientEventsTable, as: "clientEvents", kind: ident.KindClientEvent, owner: by("user_id"),
			withheld: map[string]string{"event_key": notRelated},
		},
		{
			table: migrate.DevicesTable, as: "devices", kind: ident.KindDevice, owner: by("user_id"),
			withheld: map[string]string{"token": "lets whoever has it send to the device"},
		},
		{
			table: migrate.NotificationSettingsTable, as: "notificationSettings", owner: by("user_id"),
			withheld: map[string]string{"id": notRelated},
		},
		{
			table: migrate.NotificationsTable, as: "notifications", kind: ident.KindNotification, owner: by("user_id"),
			withheld: map[string]string{"reached": notRelated},
		},
		{table: migrate.GroupMembershipsTable, as: "memberships", kind: ident.KindMembership, owner: by("user_id")},
		{table: migrate.GroupInvitationsTable, as: "groupInvitations", kind: ident.KindInvitation, owner: by("created_by_id")},
		{table: migrate.GroupsTable, as: "ownedGroups", kind: ident.KindGroup, owner: by("owner_id")},
		{
			table: migrate.DataExportPartsTable, as: "dataExportParts",
			owner:    through("export_id", migrate.DataExportsTable, "user_id"),
			withheld: map[string]string{"id": notRelated, "attempt": notRelated, "content": repeated},
		},
		{
			table: migrate.DataExportsTable, as: "dataExports", kind: ident.KindDataExport, owner: by("user_id"),
			withheld: map[string]string{"attempt": notRelated},
		},
		{
			table: migrate.SessionValiditiesTable, as: "validity", kind: ident.KindValidity,
			owner:    through("session_id", migrate.TestSessionsTable, "user_id"),
			names:    map[string]string{"verdict": "computedVerdict"},
			withheld: map[string]string{"overridden_by_id": another},
			kept:     true, cleared: []string{"override_reason"},
		},
		{
			table: migrate.TestResultsTable, as: "results", kind: ident.KindResult, owner: by("user_id"),
			names: map[string]string{"method": "scoring"},
			kept:  true,
		},
		{
			table: migrate.ResponsesTable, as: "responses", kind: ident.KindResponse, owner: by("user_id"),
			closed: []string{"is_correct", "theta", "standard_error"},
			kept:   true, cleared: []string{"answer_key", "client_answered_at"},
		},
		{
			table: migrate.TestSessionsTable, as: "testSessions", kind: ident.KindSession, owner: by("user_id"),
			withheld: map[string]string{
				"steps": repeated, "seen": repeated, "counted_at": notRelated,
				"seed": ofTheBank, "revision_id": ofTheBank, "submit_digest": repeated,
			},
			closed: []string{"theta", "standard_error"},
			kept:   true, cleared: []string{"start_key", "submit_key", "submit_digest", "external_ref"},
		},
		{
			table: migrate.UsersTable, as: "user", kind: ident.KindUser, owner: by("id"),
			withheld: map[string]string{"email_key": repeated, "password_hash": aSecret},
			kept:     true, // account.End has emptied it
		},
	}
}

// by holds for rows whose column names the person.
func by(column string) owner {
	return func(_ string, t *sql.SelectTable, p person) *sql.Predicate {
		return sql.EQ(t.C(column), int64(p.id))
	}
}

// byTarget holds for rows whose target is the person.
func byTarget(kind ident.Kind) owner {
	return func(_ string, t *sql.SelectTable, p person) *sql.Predicate {
		return sql.And(sql.EQ(t.C("target_kind"), string(kind)), sql.EQ(t.C("target_key"), int64(p.id)))
	}
}

// byTargetOf holds for rows whose target is one of the person's in another table.
func byTargetOf(kind ident.Kind, other *schema.Table) owner {
	return func(dialect string, t *sql.SelectTable, p person) *sql.Predicate {
		return sql.And(sql.EQ(t.C("target_kind"), string(kind)), through("target_key", other, "user_id")(dialect, t, p))
	}
}

// explained holds for the rows with a reason.
func explained(which owner) owner {
	return func(dialect string, t *sql.SelectTable, p person) *sql.Predicate {
		return sql.And(sql.NotNull(t.C("reason")), which(dialect, t, p))
	}
}

// either holds for rows that are the person's in one way or another.
func either(owners ...owner) owner {
	return func(dialect string, t *sql.SelectTable, p person) *sql.Predicate {
		ways := make([]*sql.Predicate, len(owners))
		for i, o := range owners {
			ways[i] = o(dialect, t, p)
		}
		return sql.Or(ways...)
	}
}

// byFailures holds for the row that counts failed sign-ins to the account.
func byFailures(_ string, t *sql.SelectTable, p person) *sql.Predicate {
	return sql.EQ(t.C("key"), p.failures)
}

// through holds for rows whose column names a row of another table that is the
// person's.
func through(column string, other *schema.Table, otherColumn string) owner {
	return func(dialect string, t *sql.SelectTable, p person) *sql.Predicate {
		o := sql.Dialect(dialect).Table(other.Name)
		return sql.In(t.C(column), sql.Dialect(dialect).Select(o.C("id")).From(o).
			Where(sql.EQ(o.C(otherColumn), int64(p.id))))
	}
}

// unrelated are the tables that hold no rows of people, and why.
func unrelated() map[string]string {
	return map[string]string{
		migrate.EngineRevisionsTable.Name:    "the item bank as it was",
		migrate.ErasuresTable.Name:           "say whose they are only until they are finished; then they hold numbers alone",
		migrate.ItemPairsTable.Name:          "sums over all people",
		migrate.ItemParametersTable.Name:     "the item bank",
		migrate.ItemStatisticsTable.Name:     "sums over all people",
		migrate.OptionScoreCountsTable.Name:  "sums over all people",
		migrate.OptionStatisticsTable.Name:   "sums over all people",
		migrate.QuestionsTable.Name:          "the item bank",
		migrate.RateWindowsTable.Name:        "counts under hashes that name nobody, removed when their window ends",
		migrate.ReliabilityMetricsTable.Name: "computed from sums over all people",
		migrate.ScoreCountsTable.Name:        "sums over all people",
	}
}
