// A candidate for tests that works like the Go package natslock: it gets, then puts.
//
// Its arguments are the address of the server, the bucket, the lease length and an ID. Each line of input is one command.
// It answers each with one line of JSON:
//
//	acquire   acquires or keeps the lead: Get, then Put of the ID
//	release   releases the lead: Get, then Purge
//	leader    returns what a Get shows
//	create    calls CreateKeyValue for the existing bucket
//
// After "acquire slowly" or "release slowly" it prints what the Get showed. Before it writes, it waits for any line. In
// between, other candidates can act.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const key = "leader"

type answer struct {
	Leads    bool   `json:"leads"`
	Holder   string `json:"holder"`
	Revision uint64 `json:"revision"`
	Error    string `json:"error,omitempty"`
}

type candidate struct {
	js    nats.JetStreamContext
	kv    nats.KeyValue
	ttl   time.Duration
	id    string
	lines *bufio.Scanner
}

// Opens the bucket with any settings, or creates it.
func open(js nats.JetStreamContext, bucket string, ttl time.Duration) (nats.KeyValue, error) {
	kv, err := js.KeyValue(bucket)
	if errors.Is(err, nats.ErrBucketNotFound) {
		return js.CreateKeyValue(&nats.KeyValueConfig{Bucket: bucket, TTL: ttl})
	}
	return kv, err
}

// The value of the key; empty if there is none. A value that is not an ID, such as that of a release, has no holder.
func (c *candidate) holder() (string, error) {
	entry, err := c.kv.Get(key)
	if errors.Is(err, nats.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(entry.Value()), nil
}

func (c *candidate) acquire(slowly bool) answer {
	holder, err := c.holder()
	if err != nil {
		return answer{Error: err.Error()}
	}
	c.gap(slowly, holder)
	if isID(holder) && holder != c.id {
		return answer{Holder: holder}
	}
	revision, err := c.kv.PutString(key, c.id)
	if err != nil {
		// The package returns true even then.
		return answer{Leads: true, Holder: c.id, Error: err.Error()}
	}
	return answer{Leads: true, Holder: c.id, Revision: revision}
}

func (c *candidate) release(slowly bool) answer {
	holder, err := c.holder()
	c.gap(slowly, holder)
	if err == nil && holder == c.id {
		err = c.kv.Purge(key)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}

func (c *candidate) leader() answer {
	holder, err := c.holder()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Leads: holder == c.id, Holder: holder}
}

func (c *candidate) create() answer {
	if _, err := c.js.CreateKeyValue(&nats.KeyValueConfig{Bucket: c.kv.Bucket(), TTL: c.ttl}); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}

func (c *candidate) gap(slowly bool, holder string) {
	if slowly {
		tell(answer{Leads: holder == c.id, Holder: holder})
		c.lines.Scan()
	}
}

func isID(value string) bool {
	return len(value) == 36 && strings.Count(value, "-") == 4
}

func tell(what answer) {
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

func run(url, bucket, length, id string) error {
	ttl, err := time.ParseDuration(length)
	if err != nil {
		return err
	}
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := nc.JetStream()
	if err != nil {
		return err
	}
	kv, err := open(js, bucket, ttl)
	if err != nil {
		return err
	}
	c := &candidate{js: js, kv: kv, ttl: ttl, id: id, lines: bufio.NewScanner(os.Stdin)}
	tell(answer{})
	for c.lines.Scan() {
		verb, how, _ := strings.Cut(c.lines.Text(), " ")
		switch verb {
		case "acquire":
			tell(c.acquire(how == "slowly"))
		case "release":
			tell(c.release(how == "slowly"))
		case "leader":
			tell(c.leader())
		case "create":
			tell(c.create())
		default:
			return fmt.Errorf("unknown command %q", verb)
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "Usage: candidate SERVER BUCKET TTL ID")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
