package record

import (
	"database/sql"
	"errors"
	"fmt"
)

const (
	selectSetting = `SELECT value FROM setting WHERE name = ?`
	upsertSetting = `INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
)

// settingZone is the setting that holds a time zone's name.
const settingZone = "zone"

// ZoneName returns the time zone that times are shown in beside UTC, by its name in the IANA database; empty: none was set. It stands in the file, so that what is
// written from it is the same on every machine.
func (f *File) ZoneName() (string, error) {
	var name string
	err := f.db.QueryRow(selectSetting, settingZone).Scan(&name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the time zone of %s: %w", f.path, err)
	}
	return name, nil
}

// SetZone sets what ZoneName returns.
func (f *File) SetZone(name string) error {
	err := f.write(durable, func(tx *sql.Tx) error {
		_, err := tx.Exec(upsertSetting, settingZone, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("storing the time zone in the incident file: %w", err)
	}
	return nil
}
