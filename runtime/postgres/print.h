// Prints scalar values of the binary format. Private to the module.
#pragma once

#include <string>

#include "runtime/postgres/reader.h"
#include "runtime/postgres/types.h"

namespace bulkhead::postgres {

// Appends one value as the server prints it; the reader is bad, or not at its end, when it is none of the
// rule's. For every rule but None and Record.
void PrintScalar(BinaryRule rule, Reader& reader, std::string& out);

// The groups of rules, by file.
void PrintPoint(Reader& reader, std::string& out);
void PrintSegment(Reader& reader, std::string& out);
void PrintPath(Reader& reader, std::string& out);
void PrintBox(Reader& reader, std::string& out);
void PrintPolygon(Reader& reader, std::string& out);
void PrintLine(Reader& reader, std::string& out);
void PrintCircle(Reader& reader, std::string& out);
void PrintInet(Reader& reader, std::string& out);
void PrintMacAddress(Reader& reader, std::string& out);
void PrintTextSearch(Reader& reader, std::string& out);
void PrintKeyValues(Reader& reader, std::string& out);
void PrintVector(Reader& reader, std::string& out);
void PrintSnapshot(Reader& reader, std::string& out);
void PrintInt2Vector(Reader& reader, std::string& out);
void PrintOidVector(Reader& reader, std::string& out);

}  // namespace bulkhead::postgres
