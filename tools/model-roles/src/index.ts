export { type ChosenModels, chooseModels, ModelChoiceError } from './choose-models.ts';
