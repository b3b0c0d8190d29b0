package demo

import (
	"context"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/server/graphiql"
)

// Tabs are three operations that are ready to run, with tokens of the
// demonstration's accounts.
func Tabs(ctx context.Context, accounts *account.Service) []graphiql.Tab {
	as := func(email string) string {
		_, tokens, err := accounts.SignIn(ctx, email, password)
		if err != nil {
			return ""
		}
		return `{"Authorization": "Bearer ` + tokens.AccessToken + `"}`
	}
	admin, taker := as(adminEmail), as(takerEmail)
	return []graphiql.Tab{
		{Name: "What a mobile app shows first", Headers: taker, Query: mobileHome},
		{Name: "How far the newest test is; start one in another tab to see it move", Headers: admin, Query: liveProgress},
		{Name: "How 1,525 people answered 16 items, option by option", Headers: admin, Query: itemAnalysis},
	}
}

const mobileHome = `query MobileHome {
  viewer {
    user { displayName }
    activeSession {
      id
      currentQuestion { id text options { id label } }
      progress { answered maximum estimatedRemaining }
    }
    nextEligibleAt
    lastResult { score percentile confidenceInterval { lower upper level } }
    results(first: 10) {
      totalCount
      nodes { score scoredAt strongestDomain domainScores { domain items correct accuracy } }
    }
  }
}
`

const liveProgress = `query NewestTests {
  testSessions(first: 3, filter: {kind: ADAPTIVE}) {
    nodes { id state answered theta standardError user { displayName } }
  }
}

# Put the id of a test here.
subscription LiveProgress($session: ID!) {
  sessionProgress(sessionId: $session) {
    version state answered maximum theta standardError
    perDomain { domain answered }
    currentQuestion { text }
    result { score percentile }
  }
}
`

const itemAnalysis = `query ItemAnalysis {
  questions(filter: {source: "sapa-iq"}, first: 16) {
    nodes {
      externalRef
      statistics { administered pValue itemRestCorrelation discriminationTier }
      optionStatistics {
        optionId isKey chosen share shareBottom shareTop discriminationIndex status
      }
    }
  }
  reliability(source: "sapa-iq") {
    cronbachAlpha standardizedAlpha sessions band
    items { question { externalRef } alphaIfDropped }
  }
}
`
