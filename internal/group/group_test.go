package group_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// groupFields are what the tests look at.
const groupFields = `
fragment G on Group {
  id name createdAt memberCount owner { displayName isViewer }
  viewerMembership { id sharesScore joinedAt }
  members { totalCount nodes { id sharesScore member { displayName isViewer } } }
  invitations { totalCount nodes { id code uses maxUses expiresAt revokedAt } }
  leaderboard { rank score member { displayName isViewer } }
}`

// The operations, which all name their payload the same.
const (
	create = `mutation ($input: CreateGroupInput!) { payload: createGroup(input: $input) { group { ...G } } }` + groupFields
	rename = `mutation ($input: RenameGroupInput!) { payload: renameGroup(input: $input) { group { ...G } } }` + groupFields
	end    = `mutation ($input: DeleteGroupInput!) { payload: deleteGroup(input: $input) { deletedGroupId } }`
	invite = `mutation ($input: InviteToGroupInput!) { payload: inviteToGroup(input: $input) { invitation { id code uses maxUses createdAt expiresAt revokedAt group { id } } } }`
	revoke = `mutation ($input: RevokeGroupInvitationInput!) { payload: revokeGroupInvitation(input: $input) { invitation { id code revokedAt } } }`
	join   = `mutation ($input: JoinGroupInput!) { payload: joinGroup(input: $input) { group { ...G } membership { id sharesScore member { isViewer } } } }` + groupFields
	leave  = `mutation ($input: LeaveGroupInput!) { payload: leaveGroup(input: $input) { left } }`
	share  = `mutation ($input: ShareScoreInput!) { payload: shareScore(input: $input) { membership { id sharesScore group { ...G } } } }` + groupFields
	remove = `mutation ($input: RemoveGroupMemberInput!) { payload: removeGroupMember(input: $input) { group { ...G } } }` + groupFields
	mine   = `{ viewer { groups { ...G } } }` + groupFields
	byID   = `query ($id: ID!) { node(id: $id) { ... on Group { ...G } } }` + groupFields
	things = `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`
)

type member struct {
	DisplayName *string
	IsViewer    bool
}

type membership struct {
	ID          string
	SharesScore bool
	Member      member
	Group       group
}

type invitation struct {
	ID, Code             string
	Uses, MaxUses        int
	CreatedAt, ExpiresAt time.Time
	RevokedAt            *time.Time
	Group                struct{ ID string }
}

type group struct {
	ID, Name         string
	MemberCount      int
	Owner            member
	ViewerMembership *membership
	Members          struct {
		TotalCount int
		Nodes      []membership
	}
	Invitations *struct {
		TotalCount int
		Nodes      []invitation
	}
	Leaderboard []struct {
		Rank   int
		Score  float64
		Member member
	}
}

type payload struct {
	Group      group
	Invitation invitation
	Membership membership
	Left       bool
}

type input = map[string]any

// does runs a mutation that must succeed.
func does(t *testing.T, c servertest.Client, operation string, in input) payload {
	t.Helper()
	var data struct{ Payload payload }
	c.Get(t, &data, operation, servertest.Variables{"input": in})
	return data.Payload
}

// refused is the code with which a mutation is refused, "" if it is not.
func refused(t *testing.T, c servertest.Client, operation string, in input) servertest.Answer {
	t.Helper()
	return c.Ask(t, operation, servertest.Variables{"input": in})
}

// seen is the group as the client sees it by its id, nil if not at all.
func seen(t *testing.T, c servertest.Client, id string) *group {
	t.Helper()
	var data struct{ Node *group }
	c.Get(t, &data, byID, servertest.Variables{"id": id})
	return data.Node
}

// person is someone with a name.
func person(s *servertest.Server, name string) servertest.Client {
	return s.SignedIn(account.Registration{DisplayName: &name, CooldownBypass: true})
}

// circle is a group of the people, the first its owner.
func circle(t *testing.T, people ...servertest.Client) (string, []string) {
	t.Helper()
	g := does(t, people[0], create, input{"name": "Circle"}).Group
	code := does(t, people[0], invite, input{"groupId": g.ID}).Invitation.Code
	memberships := []string{g.ViewerMembership.ID}
	for _, p := range people[1:] {
		memberships = append(memberships, does(t, p, join, input{"code": code}).Membership.ID)
	}
	return g.ID, memberships
}

func TestAGroupFromItsMakingToItsEnd(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		ada, bob, eve := person(s, "Ada"), person(s, "Bob"), person(s, "Eve")
		g := does(t, ada, create, input{"name": "  Analysts "}).Group
		require.Equal(t, "Analysts", g.Name)
		require.Equal(t, 1, g.MemberCount)
		require.True(t, g.Owner.IsViewer)
		require.False(t, g.ViewerMembership.SharesScore)
		require.Equal(t, g.ID, does(t, ada, create, input{"name": "Analysts"}).Group.ID, "a repeat makes no second")

		inv := does(t, ada, invite, input{"groupId": g.ID}).Invitation
		require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$`, inv.Code)
		require.Equal(t, clock.Now().Add(7*24*time.Hour), inv.ExpiresAt)
		require.Equal(t, g.ID, inv.Group.ID)

		// Typed as people type: small letters, no dash, O for 0 and l for 1.
		typed := strings.ToLower(strings.NewReplacer("-", " ", "0", "O", "1", "l").Replace(inv.Code))
		joined := does(t, bob, join, input{"code": typed})
		require.Equal(t, 2, joined.Group.MemberCount)
		require.Nil(t, joined.Group.Invitations, "for the owner")
		require.Equal(t, "Ada", *joined.Group.Members.Nodes[0].Member.DisplayName)
		again := does(t, bob, join, input{"code": inv.Code})
		require.Equal(t, joined.Membership, again.Membership)
		require.Equal(t, 1, seen(t, ada, g.ID).Invitations.Nodes[0].Uses)

		require.Equal(t, "Logicians", does(t, ada, rename, input{"groupId": g.ID, "name": "Logicians"}).Group.Name)
		require.Equal(t, "Logicians", seen(t, bob, g.ID).Name)
		does(t, eve, join, input{"code": inv.Code})

		// The one who has been in it longest inherits.
		require.True(t, does(t, ada, leave, input{"groupId": g.ID}).Left)
		require.True(t, does(t, ada, leave, input{"groupId": g.ID}).Left)
		left := seen(t, bob, g.ID)
		require.True(t, left.Owner.IsViewer)
		require.Equal(t, 2, left.MemberCount)
		require.Equal(t, 1, left.Invitations.TotalCount)

		kept := does(t, bob, remove, input{"groupId": g.ID, "membershipId": left.Members.Nodes[1].ID})
		require.Equal(t, 1, kept.Group.MemberCount)
		require.Equal(t, kept, does(t, bob, remove, input{"groupId": g.ID, "membershipId": left.Members.Nodes[1].ID}))
		require.Nil(t, seen(t, eve, g.ID))

		does(t, bob, leave, input{"groupId": g.ID})
		require.Zero(t, s.Store.Reader().Group.Query().CountX(t.Context()), "nobody is left")
		require.Zero(t, s.Store.Reader().GroupInvitation.Query().CountX(t.Context()))
		require.Equal(t, "NOT_FOUND", refused(t, eve, join, input{"code": inv.Code}).Code())

		g = does(t, ada, create, input{"name": "Again"}).Group
		does(t, ada, end, input{"groupId": g.ID})
		require.Nil(t, seen(t, ada, g.ID))
		require.Equal(t, "NOT_FOUND", refused(t, ada, end, input{"groupId": g.ID}).Code())
	})
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada := s.Taker()
		id, own := circle(t, ada)
		for name, c := range map[string]struct {
			operation   string
			in          input
			field, rule string
		}{
			"no name":            {create, input{"name": " "}, "name", "length"},
			"a long name":        {create, input{"name": strings.Repeat("é", 101)}, "name", "length"},
			"a line break":       {rename, input{"groupId": id, "name": "a\nb"}, "name", "no_control"},
			"no use":             {invite, input{"groupId": id, "maxUses": 0}, "maxUses", "range"},
			"too many uses":      {invite, input{"groupId": id, "maxUses": 501}, "maxUses", "range"},
			"no time":            {invite, input{"groupId": id, "expiresInHours": 0}, "expiresInHours", "range"},
			"too much time":      {invite, input{"groupId": id, "expiresInHours": 721}, "expiresInHours", "range"},
			"endless time":       {invite, input{"groupId": id, "expiresInHours": 1<<31 - 1}, "expiresInHours", "range"},
			"removing the owner": {remove, input{"groupId": id, "membershipId": own[0]}, "membershipId", "not_owner"},
		} {
			a := refused(t, ada, c.operation, c.in)
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			require.Equal(t, c.field, a.Errors[0].Extensions["field"], name)
			require.Equal(t, c.rule, a.Errors[0].Extensions["rule"], name)
		}
		does(t, ada, rename, input{"groupId": id, "name": strings.Repeat("é", 100)})
		does(t, ada, invite, input{"groupId": id, "maxUses": 500, "expiresInHours": 720})
		for _, code := range []string{"", "-", "O", strings.Repeat("1", 10_000), "äöü", "00000-00000"} {
			require.Equal(t, "NOT_FOUND", refused(t, ada, join, input{"code": code}).Code(), "%.20q", code)
		}
	})
}

// Outsiders are told that there is no such group, members who do not own it that
// they may not.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob, eve := person(s, "Ada"), person(s, "Bob"), person(s, "Eve")
		id, memberships := circle(t, ada, bob)
		code := seen(t, ada, id).Invitations.Nodes[0]
		for name, c := range map[string]struct {
			operation string
			in        input
			member    string
		}{
			"rename": {rename, input{"groupId": id, "name": "Mine"}, "FORBIDDEN"},
			"delete": {end, input{"groupId": id}, "FORBIDDEN"},
			"invite": {invite, input{"groupId": id}, "FORBIDDEN"},
			"revoke": {revoke, input{"invitationId": code.ID}, "NOT_FOUND"},
			"remove": {remove, input{"groupId": id, "membershipId": memberships[0]}, "FORBIDDEN"},
			"share":  {share, input{"groupId": id, "share": true}, ""},
		} {
			require.Equal(t, c.member, refused(t, bob, c.operation, c.in).Code(), name)
			require.Equal(t, "NOT_FOUND", refused(t, eve, c.operation, c.in).Code(), name)
			require.Equal(t, "UNAUTHENTICATED", refused(t, s.Anonymous(), c.operation, c.in).Code(), name)
			for field := range c.in {
				if strings.HasSuffix(field, "Id") && field != "membershipId" {
					in := input{}
					for k, v := range c.in {
						in[k] = v
					}
					for _, wrong := range []string{memberships[0], "", "x"} {
						in[field] = wrong
						require.Equal(t, "NOT_FOUND", refused(t, ada, c.operation, in).Code(), name)
					}
				}
			}
		}
		require.True(t, does(t, eve, leave, input{"groupId": id}).Left)
		require.Equal(t, "Circle", seen(t, ada, id).Name)
		require.Equal(t, 2, seen(t, ada, id).MemberCount)

		// A membership of another group is not removed through one's own.
		other, _ := circle(t, eve)
		does(t, eve, remove, input{"groupId": other, "membershipId": memberships[1]})
		require.Equal(t, 2, seen(t, ada, id).MemberCount)
	})
}

// Wrong, expired, revoked and used up are one answer; who is in stays in.
func TestCodesEnd(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		ada, bob, eve := person(s, "Ada"), person(s, "Bob"), person(s, "Eve")
		id, _ := circle(t, ada)
		used := does(t, ada, invite, input{"groupId": id, "maxUses": 1}).Invitation
		short := does(t, ada, invite, input{"groupId": id, "expiresInHours": 1}).Invitation
		gone := does(t, ada, invite, input{"groupId": id}).Invitation
		does(t, bob, join, input{"code": used.Code})
		first := does(t, ada, revoke, input{"invitationId": gone.ID}).Invitation
		require.NotNil(t, first.RevokedAt)
		// The access tokens last half an hour.
		wait := func(d time.Duration) {
			clock.Advance(d)
			for _, c := range []*servertest.Client{&ada, &bob, &eve} {
				c.Token = tokenOf(t, s, *c)
			}
		}
		wait(time.Hour - time.Microsecond)
		require.Equal(t, first, does(t, ada, revoke, input{"invitationId": gone.ID}).Invitation)
		require.Empty(t, refused(t, person(s, "Cem"), join, input{"code": short.Code}).Code(), "in the last moment")
		wait(time.Microsecond)
		unknown := refused(t, eve, join, input{"code": "ZZZZZ-ZZZZZ"})
		require.Equal(t, "NOT_FOUND", unknown.Code())
		for name, code := range map[string]string{"used up": used.Code, "expired": short.Code, "revoked": gone.Code} {
			require.Equal(t, unknown.Errors, refused(t, eve, join, input{"code": code}).Errors, name)
			require.Empty(t, refused(t, bob, join, input{"code": code}).Code(), "%s, but a member", name)
		}
	})
}

// tokenOf signs the client in again.
func tokenOf(t *testing.T, s *servertest.Server, c servertest.Client) string {
	t.Helper()
	_, tokens, err := s.Accounts.SignIn(t.Context(), c.Email, servertest.Password)
	require.NoError(t, err)
	return tokens.AccessToken
}

// raw is the answer to a query as text.
func raw(t *testing.T, c servertest.Client, query string, variables servertest.Variables) string {
	t.Helper()
	a := c.Ask(t, query, variables)
	require.Empty(t, a.Errors)
	return string(a.Data)
}
