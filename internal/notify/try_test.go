package notify_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/apns/apnstest"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/operations"
)

func try(t *testing.T, c servertest.Client, device string) servertest.Answer {
	t.Helper()
	document, err := fs.ReadFile(operations.Files(), "console/send_test_push.graphql")
	require.NoError(t, err)
	return c.Ask(t, string(document), input{"device": device})
}

func TestAnAdministratorTriesADevice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, ada := w.Admin(), w.SignedIn(account.Registration{})
		phone := w.register(t, ada, "phone")
		// What the person wants does not matter.
		require.Empty(t, set(t, ada, input{"due": false, "quietHours": input{"fromMinute": 0, "toMinute": 1439, "timeZone": "UTC"}}).Errors)
		type trial struct {
			Taken, Removed bool
			PushID         string
			Status         *int
			Reason         *string
		}
		tried := func() (got trial) {
			a := try(t, admin, phone)
			require.Empty(t, a.Errors)
			var data struct{ SendTestPush trial }
			require.NoError(t, json.Unmarshal(a.Data, &data))
			return data.SendTestPush
		}
		got := tried()
		shown := w.apns.Shown()
		require.Len(t, shown, 1)
		require.Equal(t, trial{Taken: true, PushID: shown[0].ID}, got)
		require.Equal(t, servertest.PushToken("phone"), shown[0].Token)
		require.Equal(t, "TEST", shown[0].Data["kind"])

		for _, c := range []struct {
			reply   apnstest.Reply
			status  int
			reason  string
			removed bool
		}{
			{apnstest.Reply{Status: http.StatusInternalServerError, Reason: "InternalServerError"}, 500, "InternalServerError", false},
			{apnstest.Reply{Status: http.StatusRequestEntityTooLarge, Reason: "PayloadTooLarge"}, 413, "PayloadTooLarge", false},
			{apnstest.Reply{Break: true}, 0, "temporary", false},
			{apnstest.Reply{Status: http.StatusBadRequest, Reason: "BadDeviceToken"}, 400, "BadDeviceToken", true},
		} {
			w.apns.Answer(servertest.PushToken("phone"), c.reply)
			got := tried()
			require.False(t, got.Taken)
			require.Equal(t, c.reason, *got.Reason)
			require.Equal(t, c.status != 0, got.Status != nil)
			if got.Status != nil {
				require.Equal(t, c.status, *got.Status)
			}
			require.Equal(t, c.removed, got.Removed)
		}
		require.Empty(t, devices(t, ada))
		require.Equal(t, "NOT_FOUND", try(t, admin, phone).Code())
		require.Equal(t, "FORBIDDEN", try(t, ada, phone).Code())

		var kept struct{ AuditEntries struct{ TotalCount int } }
		admin.Get(t, &kept, `query ($id: ID!) { auditEntries(filter: {action: PUSH_SENT, targetId: $id}) { totalCount } }`,
			input{"id": ident.Global{Kind: ident.KindUser, Key: ada.UserID}.String()})
		require.Equal(t, 5, kept.AuditEntries.TotalCount, "one for each that was tried")
	})
}
