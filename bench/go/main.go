// Locks as the Go package natslock does: it gets, then puts. Two of these can both win, which the compare-and-set of a
// Locker rules out; what is measured here is only the time.
//
// Its arguments are the address of the server and a bucket that exists. For each line of input it acquires, refreshes
// and releases once, and answers with the three times in milliseconds as one line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

const key = "leader"
const id = "5d5c5c5e-8f2e-4f8b-9a57-0d1f6f3b2a10"

type round struct {
	Acquire float64 `json:"acquire"`
	Refresh float64 `json:"refresh"`
	Release float64 `json:"release"`
}

func timed(work func() error) (float64, error) {
	start := time.Now()
	err := work()
	return float64(time.Since(start).Nanoseconds()) / 1e6, err
}

func acquire(kv nats.KeyValue) error {
	if _, err := kv.Get(key); err != nil && !errors.Is(err, nats.ErrKeyNotFound) {
		return err
	}
	_, err := kv.PutString(key, id)
	return err
}

func release(kv nats.KeyValue) error {
	if _, err := kv.Get(key); err != nil {
		return err
	}
	return kv.Purge(key)
}

func play(kv nats.KeyValue) (round, error) {
	var took round
	var errs [3]error
	took.Acquire, errs[0] = timed(func() error { return acquire(kv) })
	took.Refresh, errs[1] = timed(func() error { return acquire(kv) })
	took.Release, errs[2] = timed(func() error { return release(kv) })
	return took, errors.Join(errs[:]...)
}

func run(url, bucket string) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := nc.JetStream()
	if err != nil {
		return err
	}
	kv, err := js.KeyValue(bucket)
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		took, err := play(kv)
		if err != nil {
			return err
		}
		line, err := json.Marshal(took)
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
	return nil
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
