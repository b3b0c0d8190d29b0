package server_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/document"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/operations"
)

// phone sends the documents of the mobile app as the app would: by their hashes.
type phone struct {
	documents map[string]document.Document
	// unsent are the names of those that were not sent so far.
	unsent map[string]bool
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	var set document.Set
	require.NoError(t, set.Read(operations.Files()))
	p := &phone{documents: map[string]document.Document{}, unsent: map[string]bool{}}
	for _, d := range set.All() {
		if !strings.HasPrefix(d.Name, "mobile/") {
			continue
		}
		p.documents[d.Name], p.unsent[d.Name] = d, true
	}
	return p
}

// document is the one of that screen, which counts as sent.
func (p *phone) document(t *testing.T, screen string) document.Document {
	t.Helper()
	name := "mobile/" + screen + ".graphql"
	d, ok := p.documents[name]
	require.True(t, ok, name)
	delete(p.unsent, name)
	return d
}

// send sends the document of a screen, which must be answered without errors.
func (p *phone) send(t *testing.T, c servertest.Client, screen string, variables servertest.Variables, into any) {
	t.Helper()
	request := named(p.document(t, screen).Hash)
	request["variables"] = variables
	a := send(t, c, request)
	require.Empty(t, a.Errors, screen)
	if into != nil {
		require.NoError(t, json.Unmarshal(a.Data, into), screen)
	}
}

// signedIn is the client with the access token of a sign-in.
func signedIn(c servertest.Client, tokens mobileTokens) servertest.Client {
	c.Token = tokens.AccessToken
	return c
}

type mobileTokens struct{ AccessToken, RefreshToken string }

// mobileTest is a test as the app holds it.
type mobileTest struct {
	ID            string
	Kind, State   string
	Version       int
	DueAt         *time.Time
	OpenQuestions []servertest.Question
	Progress      servertest.Progress
}

// mobileStep is what an answer or a submission leads to.
type mobileStep struct {
	Session      mobileTest
	Progress     servertest.Progress
	NextQuestion *servertest.Question
	Result       *servertest.Result
}

// finish ends the stimulus phase of a question that is in it.
func (p *phone) finish(t *testing.T, c servertest.Client, session string, q servertest.Question) servertest.Question {
	t.Helper()
	if q.Phase != "STIMULUS" {
		return q
	}
	var data struct {
		FinishStimulus struct{ Question servertest.Question }
	}
	p.send(t, c, "finish_stimulus", servertest.Variables{"session": session, "question": q.ID, "key": "finish " + q.ID}, &data)
	require.Equal(t, q.ID, data.FinishStimulus.Question.ID)
	require.Nil(t, data.FinishStimulus.Question.Stimulus)
	return data.FinishStimulus.Question
}

// answer answers a question.
func (p *phone) answer(t *testing.T, c servertest.Client, session string, q servertest.Question, right bool) mobileStep {
	t.Helper()
	q = p.finish(t, c, session, q)
	var data struct{ SubmitAnswer mobileStep }
	p.send(t, c, "submit_answer", servertest.Variables{
		"session": session, "question": q.ID, "option": q.Answer(right), "key": "answer " + q.ID,
	}, &data)
	return data.SubmitAnswer
}

// asGuest takes a fixed form without an account: one answer on the way, all but
// the last at the end. It gives the guest and their result.
func (p *phone) asGuest(t *testing.T, s *servertest.Server, device string) (servertest.Client, mobileStep) {
	t.Helper()
	guest := s.Anonymous()
	var started struct {
		StartGuestTest struct {
			Session   mobileTest
			Token     struct{ AccessToken string }
			TestsLeft int
			Resumed   bool
		}
	}
	p.send(t, guest, "start_guest_test", servertest.Variables{"deviceId": device, "kind": "FIXED", "key": "tap"}, &started)
	at := started.StartGuestTest
	require.False(t, at.Resumed)
	require.Equal(t, 2, at.TestsLeft)
	guest.Token = at.Token.AccessToken
	open, id := at.Session.OpenQuestions, at.Session.ID
	require.Len(t, open, 25)
	require.NotNil(t, at.Session.DueAt)
	require.Equal(t, 1, p.answer(t, guest, id, open[0], true).Progress.Answered)

	// The app was closed meanwhile.
	var launched struct {
		Viewer struct {
			User          struct{ Guest bool }
			ActiveSession mobileTest
		}
	}
	p.send(t, guest, "launch", nil, &launched)
	require.True(t, launched.Viewer.User.Guest)
	require.Len(t, launched.Viewer.ActiveSession.OpenQuestions, 24)
	require.NotNil(t, launched.Viewer.ActiveSession.Progress.RemainingSeconds)

	var answers []servertest.Submitted
	for i, q := range launched.Viewer.ActiveSession.OpenQuestions[:23] {
		option := p.finish(t, guest, id, q).Answer(i%3 != 0)
		answers = append(answers, servertest.Submitted{QuestionID: q.ID, OptionID: &option})
	}
	var submitted struct{ SubmitTest mobileStep }
	p.send(t, guest, "submit_test", servertest.Variables{"session": id, "answers": answers, "key": "hand in"}, &submitted)
	require.Equal(t, "COMPLETED", submitted.SubmitTest.Session.State)
	require.NotNil(t, submitted.SubmitTest.Result)
	return guest, submitted.SubmitTest
}

// register makes an account of the guest, whose tests it begins with.
func (p *phone) register(t *testing.T, s *servertest.Server, email, name, guestToken string) (servertest.Client, mobileTokens) {
	t.Helper()
	input := servertest.Variables{"email": email, "password": servertest.Password, "displayName": name, "birthYear": 1990, "country": "AT"}
	if guestToken != "" {
		input["guestToken"] = guestToken
	}
	var data struct{ Register struct{ Tokens mobileTokens } }
	p.send(t, s.Anonymous(), "register", servertest.Variables{"input": input}, &data)
	c := s.Anonymous()
	c.Email = email
	return signedIn(c, data.Register.Tokens), data.Register.Tokens
}

// signIn signs in with the password.
func (p *phone) signIn(t *testing.T, c servertest.Client) (servertest.Client, mobileTokens) {
	t.Helper()
	c.Token = ""
	var data struct {
		SignIn struct {
			Tokens mobileTokens
			Viewer struct{ NextEligibleAt *time.Time }
		}
	}
	p.send(t, c, "sign_in", servertest.Variables{"email": c.Email, "password": servertest.Password}, &data)
	return signedIn(c, data.SignIn.Tokens), data.SignIn.Tokens
}

// A person's life with the app sends every document that there is.
func TestMobileDocumentsOverALife(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseRecords(servertest.FormItems(360))
		p := newPhone(t)
		guest, first := p.asGuest(t, s, "the device of the first person")
		p.looksBack(t, guest, first.Session.ID, first.Result.ID)

		person, tokens := p.register(t, s, "ada@example.org", "Ada", guest.Token)
		var home struct {
			Viewer struct {
				NextEligibleAt *time.Time
				Trend          struct{ Points []servertest.Result }
				Results        struct{ Nodes []servertest.Result }
			}
		}
		p.send(t, person, "home", nil, &home)
		require.Equal(t, first.Result.ID, home.Viewer.Results.Nodes[0].ID)
		require.Len(t, home.Viewer.Trend.Points, 1)
		require.NotNil(t, home.Viewer.NextEligibleAt)
		p.account(t, person, tokens)

		clock.Advance(91 * 24 * time.Hour)
		person, _ = p.signIn(t, person)
		last := p.adaptive(t, person)
		p.looksBack(t, person, last.Session.ID, last.Result.ID)
		p.send(t, person, "home", nil, &home)
		require.Len(t, home.Viewer.Results.Nodes, 2)
		require.Equal(t, last.Result.ID, home.Viewer.Results.Nodes[0].ID)

		clock.Advance(91 * 24 * time.Hour)
		person, _ = p.signIn(t, person)
		p.givesUp(t, person)

		friend := p.friend(t, s)
		p.groups(t, person, friend)
		p.send(t, friend, "send_feedback", input(servertest.Variables{"category": "GENERAL", "text": "It is all very good."}), nil)
		p.send(t, friend, "record_events", input(servertest.Variables{
			"events": []servertest.Variables{{"name": "launch", "time": clock.Now().Format(time.RFC3339)}},
		}), nil)
		p.secures(t, friend)
		p.leaves(t, s)
		require.Empty(t, p.unsent, "documents that nobody sent")
	})
}

// looksBack opens the screens of a test that is over.
func (p *phone) looksBack(t *testing.T, c servertest.Client, session, result string) {
	t.Helper()
	var scored struct {
		Node struct {
			servertest.Result
			Session mobileTest
		}
		Viewer struct {
			Benchmark struct{ Population struct{ Status string } }
		}
	}
	p.send(t, c, "result", servertest.Variables{"id": result}, &scored)
	require.Equal(t, session, scored.Node.Session.ID)
	require.NotEmpty(t, scored.Node.DomainScores)
	require.Equal(t, "SUPPRESSED", scored.Viewer.Benchmark.Population.Status)
	var review struct {
		Node struct {
			Responses []struct {
				IsCorrect *bool
				OptionID  *string
				Question  struct{ Key, Explanation *string }
			}
		}
	}
	p.send(t, c, "review", servertest.Variables{"session": session}, &review)
	explained := 0
	for _, r := range review.Node.Responses {
		require.Equal(t, r.OptionID != nil, r.Question.Explanation != nil, "what was answered is explained")
		if r.OptionID == nil {
			continue
		}
		explained++
		require.Equal(t, *r.OptionID == *r.Question.Key, *r.IsCorrect)
	}
	require.Equal(t, scored.Node.Correct > 0, explained > 0)
}

// account goes through the screens of the account.
func (p *phone) account(t *testing.T, c servertest.Client, tokens mobileTokens) {
	t.Helper()
	var settings struct {
		Viewer struct {
			User struct{ Email, DisplayName, Country string }
		}
	}
	p.send(t, c, "settings", nil, &settings)
	require.Equal(t, c.Email, settings.Viewer.User.Email)
	device := p.notified(t, c)
	require.Equal(t, "AT", settings.Viewer.User.Country)
	var updated struct {
		UpdateProfile struct {
			User struct{ Country, Region string }
		}
	}
	p.send(t, c, "update_profile", input(servertest.Variables{"region": "Wien"}), &updated)
	require.Equal(t, "AT", updated.UpdateProfile.User.Country)
	require.Equal(t, "Wien", updated.UpdateProfile.User.Region)
	var asked struct {
		RequestDataExport struct{ DataExport struct{ ID string } }
	}
	p.send(t, c, "request_data_export", servertest.Variables{"key": "one tap"}, &asked)
	watch := c.Subscribe(t, servertest.EventStream, p.document(t, "watch_data_export").Text,
		servertest.Variables{"id": asked.RequestDataExport.DataExport.ID})
	var far struct{ JobProgress struct{ State string } }
	watch.Event(t, &far)
	require.Equal(t, "QUEUED", far.JobProgress.State)
	watch.Close()
	var exports struct {
		Viewer struct{ DataExports []struct{ State string } }
	}
	p.send(t, c, "data_exports", nil, &exports)
	require.Len(t, exports.Viewer.DataExports, 1)
	var refreshed struct{ RefreshTokens struct{ Tokens mobileTokens } }
	p.send(t, c, "refresh_tokens", servertest.Variables{"refreshToken": tokens.RefreshToken}, &refreshed)
	tokens = refreshed.RefreshTokens.Tokens
	p.send(t, signedIn(c, tokens), "settings", nil, nil)
	p.send(t, signedIn(c, tokens), "sign_out", servertest.Variables{"refreshToken": tokens.RefreshToken, "device": device}, nil)
}

// notified has the person notified, and gives the device that is left.
func (p *phone) notified(t *testing.T, c servertest.Client) (device string) {
	t.Helper()
	var registered struct {
		RegisterDevice struct{ Device struct{ ID string } }
	}
	for _, name := range []string{"old phone", "new phone"} {
		p.send(t, c, "register_device", servertest.Variables{"token": servertest.PushToken(name)}, &registered)
	}
	var settings struct {
		Viewer struct {
			Devices              []struct{ ID string }
			NotificationSettings struct {
				Due, Nudge bool
				QuietHours *struct{ TimeZone string }
			}
		}
	}
	p.send(t, c, "settings", nil, &settings)
	require.Len(t, settings.Viewer.Devices, 2)
	require.True(t, settings.Viewer.NotificationSettings.Nudge)
	p.send(t, c, "remove_device", servertest.Variables{"device": settings.Viewer.Devices[0].ID}, nil)
	p.send(t, c, "update_notification_settings", input(servertest.Variables{
		"nudge": false, "quietHours": servertest.Variables{"fromMinute": 1320, "toMinute": 420, "timeZone": "Europe/Vienna"},
	}), nil)
	p.send(t, c, "settings", nil, &settings)
	require.Len(t, settings.Viewer.Devices, 1)
	require.False(t, settings.Viewer.NotificationSettings.Nudge)
	require.Equal(t, "Europe/Vienna", settings.Viewer.NotificationSettings.QuietHours.TimeZone)
	return settings.Viewer.Devices[0].ID
}

// adaptive takes an adaptive test, watched by a second device.
func (p *phone) adaptive(t *testing.T, c servertest.Client) mobileStep {
	t.Helper()
	var started struct{ StartTest struct{ Session mobileTest } }
	p.send(t, c, "start_test", servertest.Variables{"kind": "ADAPTIVE", "key": "first tap"}, &started)
	test := started.StartTest.Session
	watch := c.Subscribe(t, servertest.WebSocket, p.document(t, "watch_test").Text, servertest.Variables{"session": test.ID})
	heard := func(version int) {
		var event struct{ SessionProgress servertest.Progress }
		watch.Event(t, &event)
		require.Equal(t, version, event.SessionProgress.Version)
	}
	heard(1)
	at := mobileStep{NextQuestion: &test.OpenQuestions[0]}
	for at.NextQuestion != nil {
		at = p.answer(t, c, test.ID, *at.NextQuestion, at.Progress.Answered%2 == 0)
		heard(at.Session.Version)
	}
	require.Equal(t, "COMPLETED", at.Session.State)
	watch.Completed(t)
	return at
}

// givesUp starts a test and leaves it.
func (p *phone) givesUp(t *testing.T, c servertest.Client) {
	t.Helper()
	var started struct{ StartTest struct{ Session mobileTest } }
	p.send(t, c, "start_test", servertest.Variables{"key": "another tap"}, &started)
	var left struct{ AbandonTest struct{ Session mobileTest } }
	p.send(t, c, "abandon_test", servertest.Variables{"session": started.StartTest.Session.ID, "key": "leave"}, &left)
	require.Equal(t, "ABANDONED", left.AbandonTest.Session.State)
}

// friend has an account, and takes over a test that they took without it.
func (p *phone) friend(t *testing.T, s *servertest.Server) servertest.Client {
	t.Helper()
	friend, _ := p.register(t, s, "ben@example.org", "Ben", "")
	guest, taken := p.asGuest(t, s, "the device of the second person")
	var claimed struct {
		ClaimGuestResult struct {
			Sessions []struct{ Result servertest.Result }
		}
	}
	p.send(t, friend, "claim_guest_result", servertest.Variables{"guestToken": guest.Token}, &claimed)
	require.Len(t, claimed.ClaimGuestResult.Sessions, 1)
	require.Equal(t, taken.Result.ID, claimed.ClaimGuestResult.Sessions[0].Result.ID)
	return friend
}

// secures changes how the person is known, and ends every sign-in.
func (p *phone) secures(t *testing.T, c servertest.Client) {
	t.Helper()
	// Neither a message nor a provider's identity is at hand here.
	p.refused(t, c, "reset_password", servertest.Variables{"token": "none", "newPassword": "another-password"})
	p.refused(t, c, "sign_in_with_apple", servertest.Variables{"idToken": "none", "nonce": "n"})
	p.refused(t, c, "sign_in_with_google", servertest.Variables{"idToken": "none"})

	p.send(t, c, "request_password_reset", input(servertest.Variables{"email": c.Email}), nil)
	var changed struct {
		ChangePassword struct{ Tokens mobileTokens }
	}
	p.send(t, c, "change_password", input(servertest.Variables{
		"currentPassword": servertest.Password, "newPassword": "another-" + servertest.Password,
	}), &changed)
	p.send(t, signedIn(c, changed.ChangePassword.Tokens), "sign_out_everywhere", input(servertest.Variables{}), nil)
}

// leaves lets somebody register and end the account again.
func (p *phone) leaves(t *testing.T, s *servertest.Server) {
	t.Helper()
	c, _ := p.register(t, s, "cleo@example.org", "Cleo", "")
	var deleted struct{ DeleteAccount struct{ ErasureToken string } }
	p.send(t, c, "delete_account", input(servertest.Variables{"password": servertest.Password}), &deleted)
	s.Settle()
	var at struct {
		Erasure struct {
			Done, Total int
			FinishedAt  *time.Time
		}
	}
	p.send(t, s.Anonymous(), "erasure", servertest.Variables{"token": deleted.DeleteAccount.ErasureToken}, &at)
	require.NotNil(t, at.Erasure.FinishedAt)
	require.Equal(t, at.Erasure.Total, at.Erasure.Done)
}

func input(of servertest.Variables) servertest.Variables { return servertest.Variables{"input": of} }

// refused sends the document of a screen, which must be refused for a reason that
// the app can tell.
func (p *phone) refused(t *testing.T, c servertest.Client, screen string, of servertest.Variables) {
	t.Helper()
	request := named(p.document(t, screen).Hash)
	request["variables"] = input(of)
	require.Contains(t, []string{"UNAUTHENTICATED", "VALIDATION_FAILED", "TOKEN_EXPIRED", "NOT_FOUND", "UNAVAILABLE", "FORBIDDEN"}, send(t, c, request).Code(), screen)
}

// groups lets the two compare their scores, and part.
func (p *phone) groups(t *testing.T, owner, friend servertest.Client) {
	t.Helper()
	var created struct {
		CreateGroup struct{ Group struct{ ID string } }
	}
	p.send(t, owner, "create_group", servertest.Variables{"name": "Tuesdays"}, &created)
	group := servertest.Variables{"group": created.CreateGroup.Group.ID}
	with := func(more servertest.Variables) servertest.Variables {
		for k, v := range group {
			more[k] = v
		}
		return more
	}
	p.send(t, owner, "rename_group", with(servertest.Variables{"name": "Wednesdays"}), nil)
	var invited struct {
		InviteToGroup struct{ Invitation struct{ ID, Code string } }
	}
	p.send(t, owner, "invite_to_group", group, &invited)
	invitation := invited.InviteToGroup.Invitation
	join := func() { p.send(t, friend, "join_group", servertest.Variables{"code": invitation.Code}, nil) }
	join()
	for _, c := range []servertest.Client{owner, friend} {
		p.send(t, c, "share_score", with(servertest.Variables{"share": true}), nil)
	}
	var board struct {
		Node struct {
			Leaderboard []struct{ Member struct{ DisplayName string } }
		}
	}
	p.send(t, friend, "leaderboard", group, &board)
	var names []string
	for _, entry := range board.Node.Leaderboard {
		names = append(names, entry.Member.DisplayName)
	}
	slices.Sort(names)
	require.Equal(t, []string{"Ada", "Ben"}, names)
	var all struct {
		Viewer struct{ Groups []struct{ Name string } }
	}
	p.send(t, friend, "groups", nil, &all)
	require.Equal(t, "Wednesdays", all.Viewer.Groups[0].Name)

	p.send(t, friend, "leave_group", group, nil)
	join()
	var one struct {
		Node struct {
			Members struct {
				Nodes []struct {
					ID     string
					Member struct{ IsViewer bool }
				}
			}
			Invitations struct{ Nodes []struct{ Uses int } }
		}
	}
	p.send(t, owner, "group", servertest.Variables{"id": group["group"]}, &one)
	require.Equal(t, 2, one.Node.Invitations.Nodes[0].Uses)
	require.Len(t, one.Node.Members.Nodes, 2)
	p.send(t, owner, "remove_group_member", with(servertest.Variables{"membership": one.Node.Members.Nodes[1].ID}), nil)
	p.send(t, owner, "revoke_group_invitation", servertest.Variables{"invitation": invitation.ID}, nil)
	p.send(t, owner, "delete_group", group, nil)
	p.send(t, owner, "groups", nil, &all)
	require.Empty(t, all.Viewer.Groups)
}
