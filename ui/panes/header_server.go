package panes

import (
	"net"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// The functions here say what kind of server answered, and through what.

// role says what kind of server it is; where there is little room only that it is a standby.
func (h *Header) role(t *draw.Theme, room int) []draw.Span {
	if h.sample == nil {
		return nil
	}
	text, ink := "primary", t.Secondary
	if h.sample.Server.InRecovery {
		text, ink = "standby", t.Warning
	}
	spans := []draw.Span{{Text: "  PG " + h.sample.Server.VersionText + " ", Ink: t.Secondary}, {Text: text, Ink: ink}}
	if h.sample.Server.InRecovery && draw.SpansWidth(spans) > room {
		return []draw.Span{{Text: "  " + text, Ink: ink}}
	}
	return spans
}

// pooler says what stands between pgmedic and the server.
func (h *Header) pooler(t *draw.Theme, _ int) []draw.Span {
	if h.sample == nil || h.sample.Server.Pooler == probes.NoPooler {
		return nil
	}
	return []draw.Span{{Text: "  pooler (" + string(h.sample.Server.Pooler) + ")", Ink: t.Warning}}
}

// clearText says that what the server sends can be read on its way.
func (h *Header) clearText(t *draw.Theme, room int) []draw.Span {
	if h.sample == nil || !inClearText(h.sample.Server) {
		return nil
	}
	spans := []draw.Span{{Text: "  not encrypted", Ink: t.Warning}}
	if h.sample.Server.InRecovery {
		room -= draw.Width("  standby")
	}
	if draw.SpansWidth(spans) > room {
		return []draw.Span{{Text: "  no TLS", Ink: t.Warning}}
	}
	return spans
}

// inClearText says whether what the server sends crosses a network and is not encrypted.
func inClearText(s probes.Server) bool { return !s.TLS && !isLocal(s.Host) }

// isLocal says whether a connection to the host stays on this machine: a unix-domain socket, or the loopback address.
func isLocal(host string) bool {
	address := net.ParseIP(host)
	return host == "" || host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || address != nil && address.IsLoopback()
}
