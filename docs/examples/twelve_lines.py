from nar_bench.data.random import permutation
from nar_bench.plugin import contracts, hookimpl
from nar_bench.spec import AlgorithmSpec, Feature
SPEC = AlgorithmSpec((Feature("key", "input", "node", "scalar"), Feature("top_h", "hint", "node", "mask_one"), Feature("top", "output", "node", "mask_one")))
def sample(rng, size): return (permutation(rng, size) / size,)
def maximum(key, top):
    for i in range(len(key)):
        top[0] = i if key[i] > key[top[0]] else top[0]
        yield top[0]
BEST = contracts.Algorithm("maximum", 1, "a linear scan", SPEC, sample, maximum, lambda i, o: bool(o["top"][i["key"].argmax()]), lambda i: {"top": i["key"].argmax() == range(len(i["key"]))})
@hookimpl
def register_algorithms(register): register("maximum", BEST, "the place of the greatest key")
