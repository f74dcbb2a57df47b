package main

import "runtime/debug"

// release is the version of this source tree; the changelog has the same heading.
const release = "0.1.0-dev"

// version returns the release, with the commit where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return release + " (" + setting.Value[:12] + ")"
		}
	}
	return release
}
