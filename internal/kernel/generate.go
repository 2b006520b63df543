package kernel

//go:generate go -C gen run . -part vector -out ../vector_amd64.s -stubs ../vector_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part rows -out ../rows_amd64.s -stubs ../rows_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part codes -out ../codes_amd64.s -stubs ../codes_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part fastscan -out ../fastscan_amd64.s -stubs ../fastscan_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part queries -out ../queries_amd64.s -stubs ../queries_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part sorted -out ../sorted_amd64.s -stubs ../sorted_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part split -out ../split_amd64.s -stubs ../split_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part hadamard -out ../hadamard_amd64.s -stubs ../hadamard_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part halves -out ../halves_amd64.s -stubs ../halves_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part bytes -out ../rounded/bytes_amd64.s -stubs ../rounded/bytes_stubs_amd64.go -pkg rounded
//go:generate go -C gen run . -part brain -out ../rounded/brain_amd64.s -stubs ../rounded/brain_stubs_amd64.go -pkg rounded
//go:generate go -C gen run . -part quantized -out ../quantized_amd64.s -stubs ../quantized_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part gemm -out ../gemm_amd64.s -stubs ../gemm_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part exp -out ../exp_amd64.s -stubs ../exp_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part layers -out ../layers_amd64.s -stubs ../layers_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part optimizers -out ../optimizers_amd64.s -stubs ../optimizers_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part avx512 -out ../window_avx512_amd64.s -stubs ../window_avx512_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -part avx2 -out ../window_avx2_amd64.s -stubs ../window_avx2_stubs_amd64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part vector -out ../vector_arm64.s -stubs ../vector_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part rows -out ../rows_arm64.s -stubs ../rows_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part codes -out ../codes_arm64.s -stubs ../codes_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part fastscan -out ../fastscan_arm64.s -stubs ../fastscan_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part queries -out ../queries_arm64.s -stubs ../queries_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part hadamard -out ../hadamard_arm64.s -stubs ../hadamard_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part halves -out ../halves_arm64.s -stubs ../halves_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part bytes -out ../rounded/bytes_arm64.s -stubs ../rounded/bytes_stubs_arm64.go -pkg rounded
//go:generate go -C gen run . -arch arm64 -part quantized -out ../quantized_arm64.s -stubs ../quantized_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part gemm -out ../gemm_arm64.s -stubs ../gemm_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part exp -out ../exp_arm64.s -stubs ../exp_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part layers -out ../layers_arm64.s -stubs ../layers_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part optimizers -out ../optimizers_arm64.s -stubs ../optimizers_stubs_arm64.go -pkg kernel
//go:generate go -C gen run . -arch arm64 -part neon -out ../window_arm64.s -stubs ../window_stubs_arm64.go -pkg kernel
