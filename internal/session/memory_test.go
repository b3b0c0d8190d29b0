package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/server/servertest"
)

// memories are questions that all have a stimulus.
func memories(n int) []bankfile.Record {
	out := servertest.FormItems(n)
	for i := range out {
		out[i].Stimulus = "Remember " + out[i].ExternalRef
	}
	return out
}

// everyPath asks a question on every way on which its taker can reach it.
const everyPath = `query Paths($session: ID!, $question: ID!) {
  question: node(id: $question) { ...M }
  many: nodes(ids: [$question, $question]) { ...M }
  session: node(id: $session) { ... on TestSession {
    currentQuestion { ...M } openQuestions { ...M } responses { question { ...M } session { openQuestions { ...M } } }
    progress { currentQuestion { ...M } session { currentQuestion { ...M } } }
  } }
  viewer {
    activeSession { currentQuestion { ...M } responses { question { ...M } } }
    user { responses(first: 50) { nodes { question { ...M } } } testSessions(first: 5) { nodes { responses { question { ...M } } } } }
  }
}
fragment M on Question { id phase text stimulus options { id label } }`

// requirePhase looks at the question wherever the answer holds it.
func requirePhase(t *testing.T, a servertest.Answer, question, phase string) {
	t.Helper()
	require.Empty(t, a.Errors)
	var data any
	decode(t, a.Data, &data)
	found := 0
	var look func(any)
	look = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				look(item)
			}
		case map[string]any:
			if v["id"] == question {
				found++
				require.Equal(t, phase, v["phase"])
				if phase == "STIMULUS" {
					require.Nil(t, v["text"])
					require.Empty(t, v["options"])
					require.NotNil(t, v["stimulus"])
				} else {
					require.NotNil(t, v["text"])
					require.NotEmpty(t, v["options"])
					require.Nil(t, v["stimulus"])
				}
			}
			for _, item := range v {
				look(item)
			}
		}
	}
	look(data)
	require.Greater(t, found, 6)
}

func TestMemoryQuestionHasTwoPhases(t *testing.T) {
	t.Parallel()
	servertest.EachAt(t, func(t *testing.T, s *servertest.Server, clock *servertest.Clock) {
		s.UseRecords(memories(120))
		admin := s.Admin()
		for _, kind := range []string{"ADAPTIVE", "FIXED"} {
			taker := s.Taker()
			var data struct{ StartTest servertest.Step }
			taker.Get(t, &data, `mutation ($kind: SessionKind!) { startTest(input: {kind: $kind}) {
  session { id } question { id phase text stimulus domain options { id label } } } }`, servertest.Variables{"kind": kind})
			at := data.StartTest
			q := at.Question
			require.Equal(t, "STIMULUS", q.Phase)
			require.Empty(t, q.Text)
			require.Empty(t, q.Options)
			require.NotNil(t, q.Stimulus)
			variables := servertest.Variables{"session": at.Session.ID, "question": q.ID}
			requirePhase(t, taker.Ask(t, everyPath, variables), q.ID, "STIMULUS")

			// The question cannot be answered unseen.
			refused(t, taker.Submit(t, at.Session.ID, q.ID, "a"), "QUESTION_NOT_SERVED")
			require.Equal(t, 0, auditOf(t, admin, at.Session.ID).Answered)

			clock.Advance(7 * time.Second)
			finished := clock.Now()
			asked := taker.FinishStimulus(t, at.Session.ID, *q)
			require.Equal(t, "QUESTION", asked.Phase)
			require.NotEmpty(t, asked.Text)
			require.Len(t, asked.Options, 4)
			require.Nil(t, asked.Stimulus)
			requirePhase(t, taker.Ask(t, everyPath, variables), q.ID, "QUESTION")

			// Once more changes nothing, and the time goes on.
			clock.Advance(2 * time.Second)
			again := taker.Ask(t, servertest.FinishStimulus, variables)
			require.Empty(t, again.Errors)
			clock.Advance(3 * time.Second)
			after := taker.Submit(t, at.Session.ID, q.ID, asked.Answer(true)).Step(t)
			require.Equal(t, 1, after.Session.Answered)
			require.Equal(t, 2, after.Session.Version, "finishing a stimulus is no step of the test")
			require.Equal(t, "STIMULUS", after.Question.Phase, "the next one")
			requirePhase(t, taker.Ask(t, everyPath, variables), q.ID, "QUESTION")

			var stored struct {
				Node struct {
					Responses []struct {
						StimulusFinishedAt *time.Time
						TimeMs             *int
					}
				}
			}
			taker.Get(t, &stored, `query ($id: ID!) { node(id: $id) { ... on TestSession { responses { stimulusFinishedAt timeMs } } } }`,
				servertest.Variables{"id": at.Session.ID})
			require.Equal(t, finished, *stored.Node.Responses[0].StimulusFinishedAt)
			require.Equal(t, 5000, *stored.Node.Responses[0].TimeMs, "from the end of the stimulus")

			// When the test is over it stays hidden.
			taker.Abandon(t, at.Session.ID)
			refused(t, taker.Ask(t, servertest.FinishStimulus, servertest.Variables{"session": at.Session.ID, "question": after.Question.ID}), "SESSION_CLOSED")
			var one struct{ Node servertest.Question }
			taker.Get(t, &one, `query ($id: ID!) { node(id: $id) { ... on Question { text stimulus } } }`, servertest.Variables{"id": q.ID})
			require.Nil(t, one.Node.Stimulus)

			// Administrators see everything always.
			admin.Get(t, &one, `query ($id: ID!) { node(id: $id) { ... on Question { text stimulus options { id } } } }`,
				servertest.Variables{"id": after.Question.ID})
			require.NotNil(t, one.Node.Stimulus)
			require.NotEmpty(t, one.Node.Text)
			require.Len(t, one.Node.Options, 4)
		}
	})
}

func TestFinishingAStimulusIsRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(120))
		taker, other := s.Taker(), s.Taker()
		form := taker.StartForm(t)
		var plain, memory servertest.Question
		for _, q := range form.Open {
			if q.Phase == "STIMULUS" {
				memory = q
			} else {
				plain = q
			}
		}
		require.Equal(t, "MEMORY", memory.Domain)
		for name, c := range map[string]struct {
			client            servertest.Client
			session, question string
			code              string
		}{
			"no stimulus":  {taker, form.Session.ID, plain.ID, "VALIDATION_FAILED"},
			"not served":   {taker, form.Session.ID, form.Session.ID, "QUESTION_NOT_SERVED"},
			"foreign test": {other, form.Session.ID, memory.ID, "NOT_FOUND"},
			"no test":      {taker, "?", memory.ID, "NOT_FOUND"},
			"anonymous":    {s.Anonymous(), form.Session.ID, memory.ID, "UNAUTHENTICATED"},
		} {
			a := c.client.Ask(t, servertest.FinishStimulus, servertest.Variables{"session": c.session, "question": c.question})
			require.Equal(t, c.code, a.Code(), name)
		}
		require.Equal(t, "QUESTION", taker.FinishStimulus(t, form.Session.ID, memory).Phase)
	})
}

// However many memory questions a level has, looking up their phases is one
// statement.
func TestPhasesAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(memories(120))
		taker := s.Taker()
		form := taker.StartForm(t)
		count := func(fields string) int {
			return taker.Get(t, nil, `query ($id: ID!) { node(id: $id) { ... on TestSession { openQuestions { `+fields+` } } } }`,
				servertest.Variables{"id": form.Session.ID}).Extensions.Statements
		}
		require.Equal(t, count("id")+1, count("id phase text stimulus options { id }"))
	})
}

// Two devices finish, one answers meanwhile: nothing is lost.
func TestFinishingAStimulusTwiceAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(memories(120))
		takers := s.Takers(tries / 4)
		steps := make([]servertest.Step, len(takers))
		var all []func() (servertest.Answer, error)
		for i, taker := range takers {
			steps[i] = taker.StartTest(t)
			finish := func() (servertest.Answer, error) {
				return taker.Do(t.Context(), servertest.FinishStimulus,
					servertest.Variables{"session": steps[i].Session.ID, "question": steps[i].Question.ID})
			}
			all = append(all, finish, finish)
		}
		for _, a := range together(t, all...) {
			require.Empty(t, a.Errors)
		}
		for i, taker := range takers {
			require.Equal(t, 1, taker.Answer(t, steps[i], true).Session.Answered)
		}
	})
}
