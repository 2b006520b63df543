# Writes the files of TestPeers with NumPy, pyarrow and safetensors (with torch).
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from safetensors.numpy import save_file

x = np.array([[1, -2.5, 3], [0.5, 0, 64]], dtype="f4")
q = np.array([[127, -128, 3], [0, 1, -1]], dtype="i1")
np.save("i1.npy", q)
np.save("u1.npy", np.packbits(x > 0, axis=1))
flat = lambda t: pa.array(x.astype(t).ravel())
def table(name, vector, **more):
    pq.write_table(pa.table({"id": ["a", "b"], **more, "embedding": vector}), name)
for t, name in [("f2", "half"), ("f4", "float"), ("f8", "double")]:
    table(f"fixed_{name}.parquet", pa.FixedSizeListArray.from_arrays(flat(t), 3))
    table(f"list_{name}.parquet", pa.array([list(r) for r in x.astype(t)], pa.list_(pa.from_numpy_dtype(np.dtype(t)))))
table("large.parquet", pa.array([list(map(float, r)) for r in x], pa.large_list(pa.float32())), text=["one", "two"])
table("int8.parquet", pa.array([list(map(int, r)) for r in q], pa.list_(pa.int8())))
table("null.parquet", pa.array([[1.0, 2, 3], None], pa.list_(pa.float32(), 3)))
table("null_value.parquet", pa.array([[1.0, 2, 3], [1, None, 3]], pa.list_(pa.float32())))
table("ragged.parquet", pa.array([[1.0, 2, 3], [1, 2]], pa.list_(pa.float32())))
table("text.parquet", pa.array(["[1,2]", "[3,4]"]))
table("int64.parquet", pa.array([[1, 2], [3, 4]], pa.list_(pa.int64())))
pq.write_table(pa.table({"a": pa.array([[1.0, 2], [3, 4]], pa.list_(pa.float32())), "b": pa.array([[5.0], [6.0]], pa.list_(pa.float64()))}), "two.parquet")
save_file({"vectors": x.astype("f2")}, "f16.safetensors")
save_file({"vectors": q}, "i8.safetensors")
try:
    import torch
    from safetensors.torch import save_file
    save_file({"vectors": torch.from_numpy(x).bfloat16()}, "bf16.safetensors")
except ImportError:
    pass
