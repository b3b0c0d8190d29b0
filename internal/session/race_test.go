package session_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/server/servertest"
)

// tries is how often a race is run, all at once.
const tries = 100

// together calls the functions at the same time and waits for them all.
func together(t *testing.T, functions ...func() (servertest.Answer, error)) []servertest.Answer {
	t.Helper()
	var (
		start   = make(chan struct{})
		done    sync.WaitGroup
		answers = make([]servertest.Answer, len(functions))
		errs    = make([]error, len(functions))
	)
	for i, fn := range functions {
		done.Go(func() {
			<-start
			answers[i], errs[i] = fn()
		})
	}
	close(start)
	done.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return answers
}

// codes are the codes of the answers, sorted: "" for one without errors.
func codes(answers []servertest.Answer) []string {
	out := make([]string, len(answers))
	for i, a := range answers {
		out[i] = a.Code()
	}
	slices.Sort(out)
	return out
}

func TestTwoDevicesStartAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		var all []func() (servertest.Answer, error)
		takers := s.Takers(tries)
		for _, taker := range takers {
			start := func() (servertest.Answer, error) { return taker.Do(t.Context(), servertest.StartTest, nil) }
			all = append(all, start, start)
		}
		answers := together(t, all...)
		for i, taker := range takers {
			pair := answers[2*i : 2*i+2]
			require.Equal(t, []string{"", "ACTIVE_SESSION_EXISTS"}, codes(pair))
			var data struct{ StartTest servertest.Step }
			var told any
			for _, a := range pair {
				if a.Code() == "" {
					require.NoError(t, json.Unmarshal(a.Data, &data))
				} else {
					told = a.Errors[0].Extensions["activeSessionId"]
				}
			}
			require.Equal(t, data.StartTest.Session.ID, told)
			var stored resumed
			taker.Get(t, &stored, launch, nil)
			require.Equal(t, 1, stored.Viewer.TestSessions.TotalCount)
			require.Equal(t, told, stored.Viewer.ActiveSession.ID)
		}
	})
}

func TestTwoAnswersAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin := s.Admin()
		takers := s.Takers(tries)
		steps := make([]servertest.Step, tries)
		var all []func() (servertest.Answer, error)
		for i, taker := range takers {
			steps[i] = taker.StartTest(t)
			all = append(all, answering(t, taker, steps[i], true), answering(t, taker, steps[i], false))
		}
		answers := together(t, all...)
		for i := range takers {
			require.Equal(t, []string{"", "ALREADY_ANSWERED"}, codes(answers[2*i:2*i+2]))
			seen := auditOf(t, admin, steps[i].Session.ID)
			require.Equal(t, 1, seen.Answered)
			require.Len(t, seen.Responses, 2)
			// What is stored is what was confirmed.
			confirmedRight := answers[2*i].Code() == ""
			require.Equal(t, steps[i].Question.Answer(confirmedRight), *seen.Responses[0].OptionID)
		}
	})
}

func TestOneAnswerTwiceAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin := s.Admin()
		takers := s.Takers(tries / 4)
		steps := make([]servertest.Step, len(takers))
		for i, taker := range takers {
			steps[i] = taker.StartTest(t)
		}
		// The whole test like this, the last answer included.
		for going := true; going; {
			var all []func() (servertest.Answer, error)
			for i, taker := range takers {
				if steps[i].Question == nil {
					again := func() (servertest.Answer, error) { return taker.Do(t.Context(), launch, nil) }
					all = append(all, again, again)
					continue
				}
				answer := answering(t, taker, steps[i], steps[i].Session.Answered%2 == 0)
				all = append(all, answer, answer)
			}
			answers := together(t, all...)
			going = false
			for i := range takers {
				if steps[i].Question == nil {
					continue
				}
				require.Equal(t, []string{"", ""}, codes(answers[2*i:2*i+2]))
				once, twice := answers[2*i].Step(t), answers[2*i+1].Step(t)
				require.Equal(t, once.Session, twice.Session)
				require.Equal(t, once.Question, twice.Question)
				require.Equal(t, once.Result, twice.Result)
				steps[i] = once
				going = going || once.Question != nil
			}
		}
		for i := range takers {
			require.NotNil(t, steps[i].Result)
			require.Len(t, auditOf(t, admin, steps[i].Session.ID).Responses, steps[i].Session.Answered)
		}
	})
}

func TestAnswerRacesGivingUp(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseItems(60, 1.3)
		admin := s.Admin()
		takers := s.Takers(tries)
		steps := make([]servertest.Step, tries)
		var all []func() (servertest.Answer, error)
		for i, taker := range takers {
			steps[i] = taker.StartTest(t)
			all = append(all, answering(t, taker, steps[i], true), func() (servertest.Answer, error) {
				return taker.Do(t.Context(), servertest.AbandonTest, servertest.Variables{"session": steps[i].Session.ID})
			})
		}
		answers := together(t, all...)
		for i := range takers {
			answer, abandon := answers[2*i], answers[2*i+1]
			require.Empty(t, abandon.Errors)
			answered := 1
			if len(answer.Errors) > 0 {
				refused(t, answer, "SESSION_CLOSED")
				answered = 0
			}
			seen := auditOf(t, admin, steps[i].Session.ID)
			require.Equal(t, "ABANDONED", seen.State)
			require.Equal(t, answered, seen.Answered)
			require.Len(t, seen.Responses, answered+1)
		}
	})
}

func answering(t *testing.T, taker servertest.Client, at servertest.Step, right bool) func() (servertest.Answer, error) {
	variables := servertest.Variables{
		"session": at.Session.ID, "question": at.Question.ID, "option": at.Question.Answer(right),
	}
	return func() (servertest.Answer, error) { return taker.Do(t.Context(), servertest.SubmitAnswer, variables) }
}
