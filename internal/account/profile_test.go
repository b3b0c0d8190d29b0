package account_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/vocab"
)

const (
	profileFields = `id displayName birthYear educationLevel country region`
	updateProfile = `mutation Update($input: UpdateProfileInput!) { payload: updateProfile(input: $input) { user { ` + profileFields + ` } } }`
	updateUser    = `mutation Update($input: UpdateUserInput!) { payload: updateUser(input: $input) { user { id role cooldownBypass } } }`
)

type profile struct {
	ID, DisplayName, EducationLevel, Country, Region string
	BirthYear                                        int
}

// profileOf is the client's profile; what is absent is "" or 0.
func profileOf(t *testing.T, c servertest.Client) profile {
	t.Helper()
	var data struct{ Viewer struct{ User profile } }
	c.Get(t, &data, `{ viewer { user { `+profileFields+` } } }`, nil)
	return data.Viewer.User
}

func TestProfile(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		tokens := get(t, s, register, input{
			"email": "ada@example.org", "password": servertest.Password, "displayName": " Ada ", "birthYear": 1990,
			"educationLevel": "DOCTORATE", "country": "GB", "region": "London",
		}).Payload.Tokens
		ada := as(s, tokens.AccessToken)
		want := profileOf(t, ada)
		require.Equal(t, profile{want.ID, "Ada", "DOCTORATE", "GB", "London", 1990}, want)

		update := func(in input) profile {
			t.Helper()
			var data struct{ Payload struct{ User profile } }
			ada.Get(t, &data, updateProfile, servertest.Variables{"input": in})
			require.Equal(t, data.Payload.User, profileOf(t, ada))
			return data.Payload.User
		}
		require.Equal(t, want, update(input{}), "what is left out stays")
		want.Region, want.BirthYear = "Île-de-France", clock.Now().Year()
		require.Equal(t, want, update(input{"region": " Île-de-France ", "birthYear": want.BirthYear}))
		want.Country, want.EducationLevel, want.Region = "", "PREFER_NOT_TO_SAY", ""
		require.Equal(t, want, update(input{"country": nil, "educationLevel": "PREFER_NOT_TO_SAY", "region": "  "}))
		require.Equal(t, profile{ID: want.ID}, update(input{"displayName": nil, "birthYear": nil, "educationLevel": nil, "country": nil, "region": nil}))

		ada.Get(t, nil, updateProfile, servertest.Variables{"input": input{"displayName": "Ada"}})
		for name, c := range map[string]struct {
			in          input
			field, rule string
		}{
			"born too early": {input{"birthYear": 1899}, "birthYear", "range"},
			"born tomorrow":  {input{"birthYear": clock.Now().Year() + 1}, "birthYear", "range"},
			"no country":     {input{"country": "UK"}, "country", "iso_3166"},
			"small letters":  {input{"country": "gb"}, "country", "iso_3166"},
			"long region":    {input{"region": strings.Repeat("é", 101)}, "region", "max_length"},
			"lines":          {input{"region": "a\nb"}, "region", "no_control"},
			"long name":      {input{"displayName": strings.Repeat("é", 101)}, "displayName", "max_length"},
		} {
			c.in["educationLevel"] = "MASTER"
			a := ada.Ask(t, updateProfile, servertest.Variables{"input": c.in})
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
			require.Equal(t, c.rule, a.Errors[0].Extensions["rule"], name)
		}
		require.Equal(t, profile{ID: want.ID, DisplayName: "Ada"}, profileOf(t, ada), "a refusal changes nothing")
		require.Equal(t, "VALIDATION_FAILED", ada.Ask(t, updateProfile, servertest.Variables{"input": input{"educationLevel": "GENIUS"}}).Code())
		require.Equal(t, "VALIDATION_FAILED", ask(t, s, register, input{
			"email": "bob@example.org", "password": servertest.Password, "country": "XX",
		}).Code())
		require.Equal(t, "UNAUTHENTICATED", ask(t, s, updateProfile, input{"displayName": "Eve"}).Code())

		s.UseItems(60, 1.3)
		require.Equal(t, "FORBIDDEN", guestAt(t, s, phone).client.Ask(t, updateProfile, servertest.Variables{"input": input{"displayName": "Eve"}}).Code())
	})
}

func userID(c servertest.Client) string {
	return ident.Global{Kind: ident.KindUser, Key: c.UserID}.String()
}

func TestAdministratorsChangeAccounts(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		admin, taker := s.Admin(), s.SignedIn(account.Registration{})
		update := func(c servertest.Client, in input) servertest.Answer {
			t.Helper()
			return c.Ask(t, updateUser, servertest.Variables{"input": in})
		}
		require.Equal(t, "FORBIDDEN", update(taker, input{"userId": userID(taker), "role": "ADMIN"}).Code())

		a := update(admin, input{"userId": userID(taker), "cooldownBypass": true})
		require.Empty(t, a.Errors)
		require.JSONEq(t, `{"payload": {"user": {"id": "`+userID(taker)+`", "role": "TAKER", "cooldownBypass": true}}}`, string(a.Data))
		taker.Get(t, nil, whoAmI, nil)
		require.Equal(t, "FORBIDDEN", taker.Ask(t, `{ viewer { user { cooldownBypass } } }`, nil).Code())

		require.Empty(t, update(admin, input{"userId": userID(taker), "role": "TAKER"}).Errors)
		taker.Get(t, nil, whoAmI, nil)
		require.Empty(t, update(admin, input{"userId": userID(taker), "role": "ADMIN"}).Errors)
		require.Equal(t, "UNAUTHENTICATED", taker.Ask(t, whoAmI, nil).Code(), "sign-ins end with the role")

		a = update(admin, input{"userId": userID(admin), "role": "TAKER"})
		require.Equal(t, "VALIDATION_FAILED", a.Code())
		require.Equal(t, "not_own", a.Errors[0].Extensions["rule"])
		require.Equal(t, "NOT_FOUND", update(admin, input{"userId": ident.Global{Kind: ident.KindUser, Key: 1 << 40}.String(), "role": "TAKER"}).Code())
		require.Equal(t, "NOT_FOUND", update(admin, input{"userId": "nobody", "cooldownBypass": true}).Code())

		s.UseItems(60, 1.3)
		guest := guestAt(t, s, phone)
		var data struct {
			Viewer struct{ User struct{ ID string } }
		}
		guest.client.Get(t, &data, `{ viewer { user { id } } }`, nil)
		a = update(admin, input{"userId": data.Viewer.User.ID, "role": "ADMIN"})
		require.Equal(t, "VALIDATION_FAILED", a.Code())
		require.Equal(t, "account", a.Errors[0].Extensions["rule"])
	})
}

// Two administrators demote each other at once: one of them is left.
func TestAnAdministratorIsAlwaysLeft(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		for range 8 {
			pair := []servertest.Client{s.Admin(), s.Admin()}
			codes := make([]string, 2)
			var both sync.WaitGroup
			for i, c := range pair {
				both.Go(func() {
					a, err := c.Do(t.Context(), updateUser, servertest.Variables{"input": input{"userId": userID(pair[1-i]), "role": "TAKER"}})
					if err == nil {
						codes[i] = a.Code()
					}
				})
			}
			both.Wait()
			n, err := s.Store.Reader().User.Query().
				Where(user.IDIn(ident.User(pair[0].UserID), ident.User(pair[1].UserID)), user.RoleEQ(vocab.Admin)).Count(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, n, codes)
		}
	})
}
