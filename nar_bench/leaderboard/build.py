def build_board(store,out): return out
