package pgserver

import (
	"encoding/binary"
	"hash/crc32"
)

// storedXZ wraps data of up to 64 KiB in an .xz file without compressing it, so that the tests need no xz program. The format:
// tukaani.org/xz/xz-file-format.txt.
func storedXZ(data []byte) []byte {
	flags := []byte{0, 1} // check: CRC32
	file := append([]byte{0xFD, '7', 'z', 'X', 'Z', 0}, withCRC(flags)...)

	header := withCRC([]byte{2, 0, 0x21, 1, 0, 0, 0, 0}) // 12 bytes in all; one filter, LZMA2, of the smallest dictionary
	chunk := binary.BigEndian.AppendUint16([]byte{1}, uint16(len(data)-1))
	chunk = append(append(chunk, data...), 0) // one stored chunk, the end
	unpadded := len(header) + len(chunk) + crc32.Size
	file = append(file, header...)
	file = append(file, padded(chunk)...)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(data))

	index := binary.AppendUvarint([]byte{0, 1}, uint64(unpadded))
	index = withCRC(padded(binary.AppendUvarint(index, uint64(len(data)))))
	file = append(file, index...)

	footer := append(binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1)), flags...)
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(footer))
	return append(append(file, footer...), 'Y', 'Z')
}

// withCRC appends the little-endian CRC32 of data to it.
func withCRC(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(data, crc32.ChecksumIEEE(data))
}

// padded fills data with zeros to a multiple of four bytes.
func padded(data []byte) []byte {
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	return data
}
