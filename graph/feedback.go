package graph

import (
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/clientevent"
	"github.com/aiqhq/aiq/internal/feedback"
	"github.com/aiqhq/aiq/internal/ident"
)

func message(input model.SendFeedbackInput) feedback.Message {
	m := feedback.Message{
		Category: input.Category, Text: input.Text, Contact: text(input.Contact), AppVersion: text(input.AppVersion),
		Key: text(input.ClientMutationID),
	}
	if input.SessionID != nil {
		id := ident.As[ident.Session](*input.SessionID, ident.KindSession)
		m.Session = &id
	}
	if input.QuestionID != nil {
		id := ident.As[ident.Question](*input.QuestionID, ident.KindQuestion)
		m.Question = &id
	}
	return m
}

func clientEvent(input *model.ClientEventInput) clientevent.Event {
	return clientevent.Event{ID: text(input.ID), Name: input.Name, At: input.Time, Properties: input.Properties}
}
