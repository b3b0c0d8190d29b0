package group_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// together does all at the same time and counts the codes of the answers.
func together(t *testing.T, n int, fn func(i int) (servertest.Answer, error)) map[string]int {
	t.Helper()
	var done sync.WaitGroup
	start := make(chan struct{})
	answers, errs := make([]servertest.Answer, n), make([]error, n)
	for i := range n {
		done.Go(func() {
			<-start
			answers[i], errs[i] = fn(i)
		})
	}
	close(start)
	done.Wait()
	codes := map[string]int{}
	for i, a := range answers {
		require.NoError(t, errs[i])
		codes[a.Code()]++
	}
	return codes
}

func TestManyJoinAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, people := s.Taker(), s.Takers(12)
		id, _ := circle(t, ada)
		code := does(t, ada, invite, input{"groupId": id, "maxUses": 3}).Invitation.Code
		joins := func(c servertest.Client) (servertest.Answer, error) {
			return c.Do(t.Context(), join, servertest.Variables{"input": input{"code": code}})
		}
		require.Equal(t, map[string]int{"": 3, "NOT_FOUND": 9},
			together(t, 12, func(i int) (servertest.Answer, error) { return joins(people[i]) }))
		require.Equal(t, 4, seen(t, ada, id).MemberCount)

		// One person from two devices is one member and one use.
		code = does(t, ada, invite, input{"groupId": id, "maxUses": 2}).Invitation.Code
		late := s.Taker()
		require.Equal(t, map[string]int{"": 8}, together(t, 8, func(int) (servertest.Answer, error) { return joins(late) }))
		now := seen(t, ada, id)
		require.Equal(t, 5, now.MemberCount)
		require.Equal(t, 1, now.Invitations.Nodes[0].Uses)

		// Everyone leaves at once: nothing is left behind.
		everyone := append(people, ada, late)
		require.Equal(t, map[string]int{"": len(everyone)},
			together(t, len(everyone), func(i int) (servertest.Answer, error) {
				return everyone[i].Do(t.Context(), leave, servertest.Variables{"input": input{"groupId": id}})
			}))
		require.Zero(t, s.Store.Reader().Group.Query().CountX(t.Context()))
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		ada, bob := s.Taker(), s.Taker()
		limited := func(a servertest.Answer, limit string, maximum int) {
			t.Helper()
			require.Equal(t, "LIMIT_EXCEEDED", a.Code())
			require.Equal(t, limit, a.Errors[0].Extensions["limit"])
			require.EqualValues(t, maximum, a.Errors[0].Extensions["maximum"])
		}
		// Of many at once no more are made than can be; a repeat makes none.
		codes := together(t, 24, func(i int) (servertest.Answer, error) {
			return ada.Do(t.Context(), create, servertest.Variables{"input": input{"name": string(rune('A' + i))}})
		})
		require.Equal(t, map[string]int{"": 20, "LIMIT_EXCEEDED": 4}, codes)
		limited(refused(t, ada, create, input{"name": "One more"}), "groups", 20)

		id, _ := circle(t, bob)
		code := seen(t, bob, id).Invitations.Nodes[0].Code
		limited(refused(t, ada, join, input{"code": code}), "groups", 20)
		require.Zero(t, seen(t, bob, id).Invitations.Nodes[0].Uses, "who is refused uses nothing up")
		for range 19 {
			does(t, bob, invite, input{"groupId": id})
		}
		limited(refused(t, bob, invite, input{"groupId": id}), "invitations", 20)
		does(t, bob, revoke, input{"invitationId": seen(t, bob, id).Invitations.Nodes[0].ID})
		does(t, bob, invite, input{"groupId": id})
	})
}

func TestAFullGroup(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		owner := s.Taker()
		people := append(s.AddUsers(498), 0)
		people[498] = people[0]
		people[0] = userID(owner)
		s.AddGroups(1, people...)
		var data struct{ Viewer struct{ Groups []group } }
		owner.Get(t, &data, mine, nil)
		g := data.Viewer.Groups[0]
		require.Equal(t, 499, g.MemberCount)
		code := does(t, owner, invite, input{"groupId": g.ID}).Invitation.Code
		clients := s.Takers(4)
		require.Equal(t, map[string]int{"": 1, "LIMIT_EXCEEDED": 3}, together(t, 4, func(i int) (servertest.Answer, error) {
			return clients[i].Do(t.Context(), join, servertest.Variables{"input": input{"code": code}})
		}))
		require.Equal(t, 500, seen(t, owner, g.ID).MemberCount)
	})
}
