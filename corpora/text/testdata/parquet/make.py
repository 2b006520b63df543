"""Writes the Parquet files of this folder and, in want.json, what pyarrow reads from them."""
import datetime, decimal, json, uuid
import numpy
import pyarrow as pa, pyarrow.parquet as pq

TEXTS = ["Grüße aus Köln.", "", None, "line one\nline two\r\nline three", "天地玄黃。宇宙洪荒！", "say \"hi\"", "last"]
N = len(TEXTS)
want = {}

def out(name, table, **options):
    pq.write_table(table, name + ".parquet", **options)
    rows = pq.read_table(name + ".parquet").to_pylist()
    def plain(v):
        if isinstance(v, dict): return {k: plain(x) for k, x in v.items()}
        if isinstance(v, (list, tuple)): return [plain(x) for x in v]
        if isinstance(v, datetime.datetime): return v.isoformat().replace("+00:00", "Z")
        if isinstance(v, (datetime.date, datetime.time)): return v.isoformat()
        if isinstance(v, uuid.UUID): return str(v)
        if isinstance(v, decimal.Decimal): return {"number": str(v)}
        if isinstance(v, float): return {"number": repr(v)}
        return v
    want[name] = [plain(r) for r in rows]

ids = pa.array(range(100, 100 + N), pa.int64())
texts = pa.array(TEXTS, pa.string())
plain = pa.table({"id": ids, "text": texts, "score": pa.array([i / 4 for i in range(N)], pa.float64())})

for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    out("codec-" + codec, plain, compression=codec)
out("dictionary", pa.table({"id": ids, "text": texts.dictionary_encode()}))
for encoding in ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]:
    many = pa.table({"id": pa.array(range(60), pa.int32()), "text": pa.array([f"common prefix {i % 7} and {i}" for i in range(60)])})
    out("encoding-" + encoding.lower(), many, use_dictionary=False, column_encoding={"text": encoding, "id": "DELTA_BINARY_PACKED" if encoding != "PLAIN" else "PLAIN"})
out("pages-v2", pa.table({"id": pa.array(range(50)), "text": pa.array([None if i % 5 == 0 else f"text {i} " * 3 for i in range(50)])}),
    data_page_version="2.0", data_page_size=64, write_batch_size=5, row_group_size=20, write_page_checksum=True)
out("zero-rows", plain.slice(0, 0))
pq.ParquetWriter("zero-groups.parquet", plain.schema).close(); want["zero-groups"] = []
out("nulls", pa.table({"id": pa.array([1, 2, 3]), "text": pa.array([None, None, None], pa.string()), "none": pa.nulls(3)}))
out("large", pa.table({"id": pa.array(["a", "a", "c"], pa.large_string()), "text": pa.array(["x", "y", "z"], pa.large_string()),
    "view": pa.array(["v", None, "a view that is longer than twelve bytes"], pa.string_view())}))
out("lists", pa.table({"id": pa.array([1, 2, 3, 4, 5]),
    "text": pa.array([["one", "two"], [], None, ["", None, "three"], ["four"]], pa.list_(pa.string())),
    "large": pa.array([["a"], ["b", "c"], [], None, ["d"]], pa.large_list(pa.large_string())),
    "deep": pa.array([[["a"], []], [], None, [None, ["b", "c"]], [["d"]]], pa.list_(pa.list_(pa.string())))}))
out("nested", pa.table({"doc": pa.array([{"title": "A", "meta": {"id": 7, "tags": ["x", "y"]}}, {"title": None, "meta": None}, None,
        {"title": "D", "meta": {"id": None, "tags": []}}],
        pa.struct([("title", pa.string()), ("meta", pa.struct([("id", pa.int64()), ("tags", pa.list_(pa.string()))]))])),
    "parts": pa.array([[{"n": 1, "s": "a"}, {"n": 2, "s": None}], [], None, [None, {"n": 3, "s": "c"}]],
        pa.list_(pa.struct([("n", pa.int32()), ("s", pa.string())]))),
    "a.b": pa.array(["p", "q", "r", "s"])}))
out("types", pa.table({
    "i8": pa.array([-128, 127], pa.int8()), "u32": pa.array([0, 4294967295], pa.uint32()), "u64": pa.array([1, 18446744073709551615], pa.uint64()),
    "f32": pa.array([0.25, -1.5], pa.float32()), "f64": pa.array([2.5e300, 0.5]), "yes": pa.array([True, False]),
    "dec": pa.array([decimal.Decimal("-0.05"), decimal.Decimal("12345678901234567890.12")], pa.decimal128(30, 2)),
    "day": pa.array([datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)]),
    "at": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5, 678901), datetime.datetime(1960, 1, 1)], pa.timestamp("us")),
    "utc": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5), None], pa.timestamp("ms", "UTC")),
    "time": pa.array([datetime.time(1, 2, 3, 123456), datetime.time(23, 59, 59)], pa.time64("us")),
    "uuid": pa.array([uuid.UUID(int=5).bytes, uuid.UUID(int=1 << 127).bytes], pa.uuid())}))
out("float16", pa.table({"text": pa.array(["a", "b", "c"]), "half": pa.array([numpy.float16(x) for x in (1.5, -65504, 2**-10)], pa.float16()),
    "none": pa.array([None, numpy.float16(-0.5), None], pa.float16()), "list": pa.array([[numpy.float16(3), None], [], None], pa.list_(pa.float16()))}))
out("int96", pa.table({"at": pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5, 678901), datetime.datetime(1960, 1, 1)], pa.timestamp("us"))}), use_deprecated_int96_timestamps=True)
out("decimals", pa.table({"id": pa.array([decimal.Decimal(i) for i in (1, -2, 300)], pa.decimal128(9, 0)), "text": pa.array(["a", "b", "c"])}), store_decimal_as_integer=True)
pq.write_table(pa.table({"text": pa.array([b"\xff\xfe", b"fine", b"a\0b", None], pa.binary())}), "binary.parquet")
pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array(["c"])], names=["text", "text", "id"]), "twice.parquet")
bad = pa.table({"text": pa.array([b"caf\xe9", b"a\0b"], pa.binary())})
pq.write_table(pa.table({"text": pa.Array.from_buffers(pa.string(), 2, bad["text"].chunk(0).buffers())}), "invalid.parquet")
json.dump(want, open("want.json", "w"), ensure_ascii=False, indent=0, sort_keys=True)
