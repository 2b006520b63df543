package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Problem is the answer to a request that failed (RFC 9457).
type Problem struct {
	Title    string         `json:"title" doc:"the status in words"`
	Status   int            `json:"status" doc:"HTTP status code"`
	Detail   string         `json:"detail" doc:"what happened"`
	Hint     string         `json:"hint,omitempty" doc:"what to do"`
	Type     string         `json:"type,omitempty" enum:"no-such-field" doc:"kind of the problem, if programs need it: the condition has a field that no passage has"`
	Position *int           `json:"position,omitempty" doc:"of a condition: the code point where the error is, from 0"`
	Errors   []ProblemPlace `json:"errors,omitempty" doc:"each value at fault"`
	// OpenAI repeats the problem for clients of OpenAI's API.
	OpenAI *openAIProblem `json:"error,omitempty" doc:"the problem as OpenAI's API reports it"`

	retry bool // later
}

// ProblemPlace is a value at fault.
type ProblemPlace struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty" doc:"for example body.k or query.limit"`
	Value    any    `json:"value,omitempty" doc:"what was sent, if it is short"`
}

type openAIProblem struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry {
		h.Set("Retry-After", "1")
	}
	return h
}

// huma has these settings for the whole process.
func init() {
	huma.NewError = newProblem
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	validation.MsgUnexpectedProperty = "unknown key"
	validation.MsgExpectedRequiredProperty = "the key %s is missing"
	validation.MsgExpectedOneOf = "must be one of %s"
	validation.MsgExpectedMinimumNumber = "must be at least %v"
	validation.MsgExpectedMaximumNumber = "must be at most %v"
	validation.MsgExpectedMinLength = "must have %d or more characters"
	validation.MsgExpectedMaxLength = "must have %d or fewer characters"
	validation.MsgExpectedMinItems = "must have %d or more items"
	validation.MsgExpectedMaxItems = "must have %d or fewer items"
	validation.MsgExpectedBoolean = "expected true or false"
	validation.MsgExpectedNumber = "expected a number"
	validation.MsgExpectedInteger = "expected a whole number"
	validation.MsgExpectedString = "expected a string"
	validation.MsgExpectedArray = "expected an array"
	validation.MsgExpectedObject = "expected an object"
}

// forOpenAI adds to a problem what clients of OpenAI's API expect.
func forOpenAI(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok && isOpenAI(ctx.Operation().Path) {
		p.forOpenAI()
	}
	return v, nil
}

func isOpenAI(path string) bool {
	return path == "/v1/embeddings" || path == "/v1/models" || strings.HasPrefix(path, "/v1/models/")
}

func (p *Problem) forOpenAI() {
	o := p.OpenAI
	if o == nil {
		o = &openAIProblem{}
		p.OpenAI = o
	}
	if o.Message = p.Detail; p.Hint != "" {
		o.Message += " (" + p.Hint + ")"
	}
	switch {
	case p.Status == http.StatusUnauthorized:
		o.Type = "authentication_error"
	case p.Status == http.StatusTooManyRequests:
		o.Type = "rate_limit_error"
	case p.Status >= 500:
		o.Type = "server_error"
	default:
		o.Type = "invalid_request_error"
	}
	if len(p.Errors) > 0 {
		param := strings.TrimPrefix(p.Errors[0].Location, "body.")
		o.Param = &param
	}
}

// longest value that an error repeats, in bytes.
const maxShown = 100

// newProblem makes a problem of what huma found.
func newProblem(status int, message string, errs ...error) huma.StatusError {
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: message}
	for _, err := range errs {
		if err == nil {
			continue
		}
		at := ProblemPlace{Message: err.Error()}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			at = ProblemPlace{Message: detail.Message, Location: detail.Location, Value: short(detail.Value)}
			if (at.Location == "body.input" || at.Location == "body.inputs") && strings.Contains(at.Message, "match at least one schema") {
				at.Message = fmt.Sprintf("must be a text or a list of 1 to %d texts, none of them empty", maxTexts)
			}
		}
		p.Errors = append(p.Errors, at)
	}
	if len(p.Errors) > 0 && (message == "validation failed" || message == "") {
		p.Detail = p.Errors[0].Message
		if at := p.Errors[0].Location; at != "" {
			p.Detail = at + ": " + p.Detail
		}
	}
	return p
}

// short returns a value that an error may repeat, or nil.
func short(v any) any {
	switch v := v.(type) {
	case string:
		if len(v) > maxShown || !utf8.ValidString(v) {
			return nil
		}
		return v
	case float64, bool, int, int64:
		return v
	}
	return nil
}

// refuse returns the problem of a value.
func refuse(location, hint, message string, value any) *Problem {
	return &Problem{Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Detail: location + ": " + message, Hint: hint,
		Errors: []ProblemPlace{{message, location, short(value)}}}
}

func problem(status int, err error) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: err.Error(), Hint: fault.Hint(err)}
}

// names are the keys of the API for the fields of options.
var names = map[string]string{"K": "k", "Mode": "mode", "DenseWeight": "dense_weight", "Where": "where", "MinScore": "min_score", "GroupBy": "group_by", "Vector": "vector"}

const noSuchField = "no-such-field" // a Problem.Type, which package remote knows

// problemOf returns the problem of an error. What a client cannot know, such as where files are, is only logged.
func (s *Server) problemOf(ctx context.Context, err error) error {
	var p *Problem
	var condition *filter.Error
	var field *fault.FieldError
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.DeadlineExceeded):
		p = problem(http.StatusServiceUnavailable, fault.New("ask for less, or try again later", "the request took longer than %v", s.options.Timeout))
		p.retry = true
		return p
	case errors.Is(err, context.Canceled):
		p = problem(http.StatusServiceUnavailable, errors.New("the request was canceled"))
		p.retry = true
		return p
	case errors.As(err, &condition):
		p = refuse("body.where", condition.Hint(), condition.Error(), condition.Text)
		at := utf8.RuneCountInString(condition.Text[:condition.At])
		if p.Position = &at; errors.Is(err, filter.ErrNoField) {
			p.Type = noSuchField
		}
		return p
	case errors.Is(err, collection.ErrBusy):
		p = problem(http.StatusServiceUnavailable, fault.New("try again when it has finished", "another program is changing the collection"))
		p.retry = true
		return p
	case errors.Is(err, shelf.ErrDeleted):
		return problem(http.StatusGone, err)
	case errors.Is(err, shelf.ErrUnknown), errors.Is(err, errNotFound):
		return problem(http.StatusNotFound, err)
	case errors.Is(err, collection.ErrNoWord):
		return problem(http.StatusUnprocessableEntity, err)
	case errors.As(err, &field):
		renamed := fault.Rename(err, names)
		p = problem(http.StatusUnprocessableEntity, renamed)
		if name := names[field.Field]; name != "" {
			p.Errors = []ProblemPlace{{Message: renamed.Error(), Location: "body." + name}}
		}
		return p
	}
	s.log.ErrorContext(ctx, "request failed", "error", err.Error())
	detail := errors.New("the server could not read what it needs")
	if errors.Is(err, fs.ErrNotExist) {
		detail = errors.New("a file that the server needs is gone")
	}
	return problem(http.StatusInternalServerError, fault.New("the log of the server says why", "%w", detail))
}

// errNotFound is, for errors.Is, the error for something that a collection does not have.
var errNotFound = errors.New("not found")
