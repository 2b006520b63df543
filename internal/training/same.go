package training

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// CheckSame returns an error that names the first field of now, the options of a resumed run,
// that differs from was, the options in config.json of the run that it resumes. The fields free
// may differ.
func CheckSame[O any](was json.RawMessage, now O, free ...string) error {
	field, x, y, err := different(was, now, free)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if field != "" {
		return fault.Field(field, "resume with the options that training started with; to train further with others, start a new run from the model",
			"is %s, but the training that is resumed started with %s", y, x)
	}
	return nil
}

// CheckSameParts is CheckSame for the options of a part, now, and those of the first part.
func CheckSameParts[O any](first json.RawMessage, now O, free ...string) error {
	field, x, y, err := different(first, now, free)
	if err == nil && field != "" {
		err = fault.Mention("", field+" is %s, not %s", y, x)
	}
	return err
}

// different returns the first field whose values differ, "" if none does.
func different[O any](was json.RawMessage, now O, free []string) (field, before, after string, err error) {
	var began O
	if err := json.Unmarshal(was, &began); err != nil {
		return "", "", "", fmt.Errorf("options in config.json: %w", err)
	}
	a, b := reflect.ValueOf(began), reflect.ValueOf(now)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		x, y := fmt.Sprint(a.Field(i)), fmt.Sprint(b.Field(i)) // nil and empty lists are the same
		if x != y && !slices.Contains(free, name) {
			return name, quoted(x), quoted(y), nil
		}
	}
	return "", "", "", nil
}

func quoted(value string) string {
	if value == "" {
		return `""`
	}
	return value
}
