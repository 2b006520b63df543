package cbow

import (
	"encoding/json"
	"testing"
)

// Every option reaches the trainer, and config.json under its own name and in the same order.
func TestOptionsInConfig(t *testing.T) {
	const all = `{"dim":1,"window":2,"negative":3,"noise_exponent":0.5,"subsample":0.25,"min_count":4,"max_vocabulary":5,` +
		`"epochs":6,"learning_rate":0.125,"threads":7,"deterministic":true,"seed":8,"engine":"graph","loss":"hs","windows":"full",` +
		`"shuffle":true,"sum_vectors":true,"cbow_sum":true,"position_weights":true,"ngrams":{"min":3,"max":6,"buckets":9},"freeze_init":true}`
	var o Options
	if err := json.Unmarshal([]byte(all), &o); err != nil {
		t.Fatal(err)
	}
	own, _ := json.Marshal(o)
	config, _ := json.Marshal(o.config())
	if string(own) != all || string(config) != all {
		t.Errorf("the options are\n%s, in config.json\n%s, want\n%s", own, config, all)
	}
	own, _ = json.Marshal(DefaultOptions())
	if config, _ = json.Marshal(DefaultOptions().config()); string(own) != string(config) {
		t.Errorf("the defaults are\n%s, in config.json\n%s", own, config)
	}
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
}
