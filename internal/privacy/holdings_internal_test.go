package privacy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/migrate"
)

// personal are the names of columns that are likely to tell of a person.
var personal = regexp.MustCompile(`(^|_)(user|owner|person|member|actor|admin|author|created_by|by|email|mail|address|ip|phone|name|contact|device|agent|subject|token|key|hash)(_|$)`)

// harmless are columns of tables without people that look as if they told of one.
var harmless = map[string]string{
	"erasures.user_id":    "until the erasure is finished",
	"erasures.token_hash": "of a token for the progress alone",
	"questions.key":       "the right option",
	"rate_windows.key":    "a hash that names nobody, removed when its window ends",
}

// Every table of the data model either is in the list by which data are exported
// and erased, or is named as one that holds nothing of people, with the reason.
func TestNoTableIsForgotten(t *testing.T) {
	t.Parallel()
	listed := map[string]holding{}
	for _, h := range holdings() {
		require.NotContains(t, listed, h.table.Name, "listed twice")
		listed[h.table.Name] = h
	}
	reasons := unrelated()
	for _, table := range migrate.Tables {
		_, isListed := listed[table.Name]
		why, isUnrelated := reasons[table.Name]
		require.True(t, isListed != isUnrelated,
			"%s: list the table in holdings if it holds rows of people, else name it in unrelated, and not in both", table.Name)
		if isListed {
			continue
		}
		require.NotEmpty(t, why, table.Name)
		require.False(t, leadsToUsers(table, nil), "%s refers to people", table.Name)
		for _, c := range table.Columns {
			if column := table.Name + "." + c.Name; personal.MatchString(c.Name) {
				require.Contains(t, harmless, column, "may tell of a person")
			}
		}
	}
	for name := range reasons {
		require.True(t, slices.ContainsFunc(migrate.Tables, func(t *schema.Table) bool { return t.Name == name }), "%s is gone", name)
	}
}

// leadsToUsers reports whether the table refers to people, directly or through
// other tables.
func leadsToUsers(t *schema.Table, seen []*schema.Table) bool {
	for _, key := range t.ForeignKeys {
		if key.RefTable == migrate.UsersTable {
			return true
		}
		if !slices.Contains(seen, key.RefTable) && leadsToUsers(key.RefTable, append(seen, t)) {
			return true
		}
	}
	return false
}

// What the list says of columns is true of the data model.
func TestHoldingsNameColumnsThatExist(t *testing.T) {
	t.Parallel()
	for _, h := range holdings() {
		exists := func(name string) {
			t.Helper()
			require.True(t, slices.ContainsFunc(h.table.Columns, func(c *schema.Column) bool { return c.Name == name }), "%s.%s", h.table.Name, name)
		}
		for name, why := range h.withheld {
			exists(name)
			require.NotEmpty(t, why)
		}
		for name := range h.names {
			exists(name)
		}
		for _, name := range h.closed {
			exists(name)
		}
		names := map[string]bool{}
		for _, c := range h.shown() {
			require.False(t, names[c.name], "%s.%s", h.as, c.name)
			names[c.name] = true
			require.False(t, c.Name == "id" && c.kind == "", "%s shows ids that the API does not know", h.table.Name)
		}
	}
}

// A hash is never shown.
func TestSecretsAreWithheld(t *testing.T) {
	t.Parallel()
	for _, h := range holdings() {
		for _, c := range h.shown() {
			require.NotRegexp(t, `hash|secret|token$`, c.Name, h.table.Name)
		}
	}
}

// Each table is erased after those that refer to it.
func TestHoldingsAreInOrder(t *testing.T) {
	t.Parallel()
	at := map[*schema.Table]int{}
	for i, h := range holdings() {
		at[h.table] = i
	}
	for _, h := range holdings() {
		for _, key := range h.table.ForeignKeys {
			if to, listed := at[key.RefTable]; listed && key.RefTable != h.table {
				require.Less(t, at[h.table], to, "%s before %s", h.table.Name, key.RefTable.Name)
			}
		}
	}
}

// named are the columns by which the list does not find rows though they refer to
// people, and why.
var named = map[string]string{
	"session_validities.overridden_by_id": "the verdict is on another's test; the database empties the column",
}

// Every reference to a person is one by which rows are found, or is explained.
func TestEveryReferenceToPeopleIsFollowed(t *testing.T) {
	t.Parallel()
	for _, h := range holdings() {
		owners := []owner{h.owner}
		for _, f := range h.forgets {
			owners = append(owners, f.owner)
		}
		for _, key := range h.table.ForeignKeys {
			if key.RefTable != migrate.UsersTable {
				continue
			}
			column := key.Columns[0].Name
			followed := slices.ContainsFunc(owners, func(o owner) bool {
				d := dialect.Postgres
				some := sql.Dialect(d).Table(h.table.Name)
				query, _ := sql.Dialect(d).Select().From(some).Where(o(d, some, person{id: 1})).Query()
				return strings.Contains(query, `"`+h.table.Name+`"."`+column+`"`)
			})
			why, explained := named[h.table.Name+"."+column]
			require.True(t, followed != explained, "%s.%s", h.table.Name, column)
			if explained {
				require.NotEmpty(t, why)
				require.Equal(t, schema.SetNull, key.OnDelete, column)
			}
		}
	}
}
