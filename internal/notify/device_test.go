package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/notify"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

const register = `mutation ($in: RegisterDeviceInput!) { registerDevice(input: $in) { device { id platform createdAt lastSeenAt } } }`

func TestDevicesComeAndGo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.SignedIn(account.Registration{}), w.SignedIn(account.Registration{})
		type device struct {
			ID, Platform          string
			CreatedAt, LastSeenAt time.Time
		}
		send := func(c servertest.Client, token string) device {
			var data struct{ RegisterDevice struct{ Device device } }
			c.Get(t, &data, register, input{"in": input{"platform": "IOS", "token": token}})
			return data.RegisterDevice.Device
		}
		token := servertest.PushToken("phone")
		first := send(ada, " "+strings.ToUpper(token)+" ")
		require.Equal(t, "IOS", first.Platform)
		require.True(t, first.CreatedAt.Equal(w.clock.Now()))
		later := w.clock.Advance(time.Minute)
		again := send(ada, token)
		require.Equal(t, first.ID, again.ID)
		require.True(t, again.CreatedAt.Equal(first.CreatedAt))
		require.True(t, again.LastSeenAt.Equal(later))
		second := w.register(t, ada, "tablet")
		require.Equal(t, []string{first.ID, second}, devices(t, ada))

		// The phone changes hands.
		taken := send(bob, token)
		require.NotEqual(t, first.ID, taken.ID)
		require.Equal(t, []string{second}, devices(t, ada))
		require.Equal(t, []string{taken.ID}, devices(t, bob))

		remove := func(c servertest.Client, id string) {
			c.Get(t, nil, `mutation ($in: RemoveDeviceInput!) { removeDevice(input: $in) { removed } }`, input{"in": input{"deviceId": id}})
		}
		remove(ada, taken.ID)
		remove(ada, "nothing")
		require.Len(t, devices(t, bob), 1, "another's")
		remove(ada, second)
		remove(ada, second)
		require.Empty(t, devices(t, ada))
	})
}

func TestTokensThatCannotBe(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada := w.SignedIn(account.Registration{})
		token := servertest.PushToken("phone")
		for name, wrong := range map[string]string{
			"empty": "", "short": token[2:], "odd": token + "a", "no digits": strings.Repeat("xy", 32), "long": strings.Repeat("ab", 201),
			"a path": token[:62] + "/.",
		} {
			a := ada.Ask(t, register, input{"in": input{"platform": "IOS", "token": wrong}})
			require.Equal(t, "VALIDATION_FAILED", a.Code(), name)
			require.Equal(t, "token", a.Errors[0].Extensions["field"], name)
		}
		require.Empty(t, devices(t, ada))
		require.Empty(t, ada.Ask(t, register, input{"in": input{"platform": "IOS", "token": strings.Repeat("ab", 200)}}).Errors)
	})
}

// One device too many takes the place of the one that was not seen for the longest
// time.
func TestDevicesAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.SignedIn(account.Registration{}), w.SignedIn(account.Registration{})
		other := w.register(t, bob, "another's")
		var ids []string
		for n := range notify.MaxDevices {
			w.clock.Advance(time.Second)
			ids = append(ids, w.register(t, ada, fmt.Sprint(n)))
		}
		w.clock.Advance(time.Second)
		require.Equal(t, ids[0], w.register(t, ada, "0"), "seen again")
		require.Equal(t, ids, devices(t, ada))
		w.clock.Advance(time.Second)
		last := w.register(t, ada, "one more")
		require.Equal(t, append(append([]string{ids[0]}, ids[2:]...), last), devices(t, ada))
		require.Equal(t, []string{other}, devices(t, bob))
	})
}

// A device that signs out is not notified any more, nor is any when all sign out.
func TestSigningOutEndsNotifications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.SignedIn(account.Registration{}), w.SignedIn(account.Registration{})
		phone, tablet, watch := w.register(t, ada, "phone"), w.register(t, ada, "tablet"), w.register(t, ada, "watch")
		other := w.register(t, bob, "another's")
		signIn := func() (c servertest.Client, refresh string) {
			var data struct {
				SignIn struct {
					Tokens struct{ AccessToken, RefreshToken string }
				}
			}
			w.Anonymous().Get(t, &data, `mutation ($in: SignInInput!) { signIn(input: $in) { tokens { accessToken refreshToken } } }`,
				input{"in": input{"email": ada.Email, "password": servertest.Password}})
			c = ada
			c.Token = data.SignIn.Tokens.AccessToken
			return c, data.SignIn.Tokens.RefreshToken
		}
		for _, id := range []any{nil, phone, other} {
			_, refresh := signIn()
			w.Anonymous().Get(t, nil, `mutation ($in: SignOutInput!) { signOut(input: $in) { signedOut } }`,
				input{"in": input{"refreshToken": refresh, "deviceId": id}})
		}
		w.Anonymous().Get(t, nil, `mutation ($in: SignOutInput!) { signOut(input: $in) { signedOut } }`,
			input{"in": input{"refreshToken": "unknown", "deviceId": tablet}})
		require.Equal(t, []string{tablet, watch}, devices(t, ada))
		require.Equal(t, []string{other}, devices(t, bob))

		ada.Get(t, nil, `mutation { signOutEverywhere(input: {}) { signedOut } }`, nil)
		w.clock.Advance(time.Second)
		c, _ := signIn()
		require.Empty(t, devices(t, c))
		require.Len(t, devices(t, bob), 1)
	})
}

func TestGuestsHaveNoDevices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.UseItems(60, 1.3)
		var data struct {
			StartGuestTest struct{ Token struct{ AccessToken string } }
		}
		guest := w.Anonymous()
		guest.Get(t, &data, `mutation { startGuestTest(input: {deviceId: "a device of a guest"}) { token { accessToken } } }`, nil)
		guest.Token = data.StartGuestTest.Token.AccessToken
		require.Equal(t, "FORBIDDEN", guest.Ask(t, register, input{"in": input{"platform": "IOS", "token": servertest.PushToken("phone")}}).Code())
		require.Equal(t, "FORBIDDEN", set(t, guest, input{"due": false}).Code())
		require.Empty(t, devices(t, guest))
	})
}
