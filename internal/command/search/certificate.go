package search

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is that of HTTPS. It is read again when its files have changed, as when it was renewed; if it cannot be
// read then, it stays as it was.
type certificate struct {
	cert, key string
	warn      func(error)

	mu      sync.Mutex
	pair    *tls.Certificate
	changed [2]time.Time
}

// get is GetCertificate of tls.Config.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	now := modified(c.cert, c.key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if now != c.changed {
		c.changed = now
		if pair, err := tls.LoadX509KeyPair(c.cert, c.key); err != nil {
			c.warn(fmt.Errorf("cannot use %s and %s: %w", c.cert, c.key, err))
		} else {
			c.pair = &pair
		}
	}
	return c.pair, nil
}

// modified returns when the two files were changed; zero for one that cannot be read.
func modified(cert, key string) (at [2]time.Time) {
	for i, path := range []string{cert, key} {
		if info, err := os.Stat(path); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}
