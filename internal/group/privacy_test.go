package group_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

func userID(c servertest.Client) ident.User { return ident.User(c.UserID) }

// scores gives the person completed tests with these scores, oldest first.
func scores(t *testing.T, s *servertest.Server, c servertest.Client, values ...float64) {
	t.Helper()
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		now := clock.System()
		for _, value := range values {
			test, err := tx.TestSession.Create().SetUserID(userID(c)).SetKind(vocab.Adaptive).SetState(vocab.Completed).
				SetSeed(1).SetMaximum(1).SetSteps([]vocab.Step{}).SetSeen([]ident.Question{}).
				SetStartedAt(now).SetLastActivityAt(now).SetEndedAt(now).Save(ctx)
			if err != nil {
				return err
			}
			err = tx.TestResult.Create().SetSessionID(test.ID).SetUserID(userID(c)).SetMethod(vocab.EAP).
				SetScore(value).SetPercentile(50).SetIntervalStatus(vocab.Sufficient).SetTotal(1).SetCorrect(1).
				SetDomainScores([]vocab.DomainScore{}).SetScoredAt(now).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

type place struct {
	rank  int
	score float64
	name  string
}

func leaderboard(g *group) []place {
	out := []place{}
	for _, p := range g.Leaderboard {
		out = append(out, place{p.Rank, p.Score, *p.Member.DisplayName})
	}
	return out
}

// The leaderboard has the latest score of those who consent, for as long as they
// do and are in the group.
func TestLeaderboard(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob, cem, dot, eve, fay := person(s, "Ada"), person(s, "Bob"), person(s, "Cem"), person(s, "Dot"), person(s, "Eve"), person(s, "Fay")
		id, memberships := circle(t, ada, bob, cem, dot, eve)
		scores(t, s, ada, 140, 110) // the latest counts, not the best
		scores(t, s, bob, 90, 120)
		scores(t, s, cem, 110)
		scores(t, s, eve, 100)
		scores(t, s, fay, 160) // outside
		require.Empty(t, seen(t, ada, id).Leaderboard, "nobody consents unasked")

		agree := func(c servertest.Client, share bool) *group {
			t.Helper()
			got := does(t, c, shareScore, input{"groupId": id, "share": share}).Membership
			require.Equal(t, share, got.SharesScore)
			return &got.Group
		}
		for range 2 {
			require.Equal(t, []place{{1, 110, "Ada"}}, leaderboard(agree(ada, true)))
		}
		agree(cem, true)
		agree(dot, true) // has no score
		agree(eve, true)
		all := []place{{1, 110, "Ada"}, {1, 110, "Cem"}, {3, 100, "Eve"}}
		require.Equal(t, all, leaderboard(seen(t, bob, id)))
		require.Equal(t, append([]place{{1, 120, "Bob"}}, place{2, 110, "Ada"}, place{2, 110, "Cem"}, place{4, 100, "Eve"}),
			leaderboard(agree(bob, true)))
		require.Equal(t, all, leaderboard(agree(bob, false)), "consent is taken back")

		does(t, ada, remove, input{"groupId": id, "membershipId": memberships[4]})
		does(t, cem, leave, input{"groupId": id})
		require.Equal(t, []place{{1, 110, "Ada"}}, leaderboard(seen(t, ada, id)))

		// A new score is there at once; a consent does not outlive the membership.
		scores(t, s, ada, 95)
		code := does(t, ada, invite, input{"groupId": id}).Invitation.Code
		require.False(t, does(t, cem, join, input{"code": code}).Membership.SharesScore)
		require.Equal(t, []place{{1, 95, "Ada"}}, leaderboard(seen(t, ada, id)))

		for first, want := range map[int]int{0: 0, 1: 1, 100: 1} {
			var data struct{ Node group }
			ada.Get(t, &data, `query ($id: ID!, $first: Int) { node(id: $id) { ... on Group { leaderboard(first: $first) { rank } } } }`,
				servertest.Variables{"id": id, "first": first})
			require.Len(t, data.Node.Leaderboard, want)
		}
		for first, code := range map[int]string{-1: "VALIDATION_FAILED", 101: "LIMIT_EXCEEDED"} {
			a := ada.Ask(t, `query ($id: ID!, $first: Int) { node(id: $id) { ... on Group { leaderboard(first: $first) { rank } } } }`,
				servertest.Variables{"id": id, "first": first})
			require.Equal(t, code, a.Code())
		}
	})
}

const shareScore = share

// A group's members know each other by name, and by the scores that are shared;
// outsiders and those who have left know nothing.
func TestWhatOthersSee(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob, cem, eve := person(s, "Ada"), person(s, "Bob"), person(s, "Cem"), person(s, "Eve")
		id, memberships := circle(t, ada, bob, cem)
		scores(t, s, ada, 131.5)
		scores(t, s, bob, 87.25)
		does(t, ada, share, input{"groupId": id, "share": true})
		code := seen(t, ada, id).Invitations.Nodes[0]

		inside := raw(t, cem, byID, servertest.Variables{"id": id})
		require.Contains(t, inside, "131.5")
		for _, secret := range []string{"87.25", code.Code, code.ID, ada.Email, bob.Email, userGlobal(ada), userGlobal(bob)} {
			require.NotContains(t, inside, secret)
		}
		every := append([]string{id, code.ID}, memberships...)
		visible := func(c servertest.Client) int {
			var data struct{ Nodes []*struct{ ID string } }
			c.Get(t, &data, things, servertest.Variables{"ids": every})
			n := 0
			for _, found := range data.Nodes {
				if found != nil {
					n++
				}
			}
			return n
		}
		require.Equal(t, 5, visible(ada), "the owner sees the invitation too")
		require.Equal(t, 5, visible(s.Admin()))
		require.Equal(t, 4, visible(cem))
		does(t, cem, leave, input{"groupId": id})
		for name, c := range map[string]servertest.Client{"left": cem, "never in": eve, "nobody": s.Anonymous()} {
			every[4] = memberships[0]
			require.Zero(t, visible(c), name)
			require.Nil(t, seen(t, c, id), name)
		}
		require.Equal(t, `{"viewer":{"groups":[]}}`, raw(t, cem, mine, nil))
		// Nothing of the others is found through the group's ids.
		for _, other := range []servertest.Client{ada, bob} {
			require.NotEqual(t, cem.UserID, other.UserID)
			require.JSONEq(t, `{"nodes":[null]}`, raw(t, cem, things, servertest.Variables{"ids": []string{userGlobal(other)}}))
		}
	})
}

func userGlobal(c servertest.Client) string {
	return ident.Global{Kind: ident.KindUser, Key: c.UserID}.String()
}

// Twenty groups cost as many statements as one.
func TestTheCostOfAHomeScreen(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		costs := map[int]int{}
		for _, n := range []int{1, 20} {
			c := s.Taker()
			others := s.AddUsers(30)
			s.AddTests(s.AddQuestions(c.Email, 2), append(others, userID(c)), servertest.Tests{Sessions: 2, Responses: 1})
			s.AddGroups(n, append([]ident.User{userID(c)}, others...)...)
			var data struct{ Viewer struct{ Groups []group } }
			costs[n] = c.Get(t, &data, mine, nil).Extensions.Statements
			require.Len(t, data.Viewer.Groups, n)
			for _, g := range data.Viewer.Groups {
				require.Equal(t, 31, g.MemberCount)
				require.Len(t, g.Leaderboard, 20)
				require.Equal(t, 31, g.Members.TotalCount)
				require.Len(t, g.Members.Nodes, 20)
				require.Equal(t, 2, g.Invitations.TotalCount)
			}
		}
		t.Logf("a screen of groups: %d statements", costs[1])
		require.Equal(t, costs[1], costs[20])
	})
}
